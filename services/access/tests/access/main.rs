//! Access from the outside, on a real broker and a real Postgres, also killed. Callers are checked by the real library.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod invites;
mod keys;
mod killed;
mod people;
mod races;
mod rebuild;
mod refused;
mod reminders;
mod workspaces;
mod world;
