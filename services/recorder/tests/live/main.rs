//! The recorder on a real broker and a real Postgres: raced, killed, without its database, without a project, from the start.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod idle;
mod numbers;
mod race;
mod sending;
mod setbacks;
mod world;
