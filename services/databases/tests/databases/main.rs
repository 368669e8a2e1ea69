//! Databases from the outside, on a real broker and a real Postgres, also killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod dropping;
mod handing;
mod killed;
mod making;
mod rotating;
mod statements;
mod walls;
mod world;
