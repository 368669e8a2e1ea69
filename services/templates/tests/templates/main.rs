//! Templates from the outside, on a real broker, with a small Meta beside it, also killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod changes;
mod creation;
mod killed;
mod meta;
mod reports;
mod world;
