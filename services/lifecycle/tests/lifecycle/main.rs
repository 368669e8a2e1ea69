//! Lifecycle from the outside, on a real broker and a real Postgres, also killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod allowance;
mod callers;
mod deletion;
mod interrupted;
mod killed;
mod late;
mod numbers;
mod operations;
mod others;
mod parked;
mod projects;
mod suspension;
mod transfers;
mod world;
