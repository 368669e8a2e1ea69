//! Billing from the outside, on a real broker and a real Postgres, against a strict payment provider in this process; also killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod credits;
mod deadlines;
mod erased;
mod killed;
mod model;
mod ops;
mod provider;
mod rebuilt;
mod reconciled;
mod resumed;
mod reversed;
mod served;
mod unseen;
mod walk;
mod world;
