//! Media from the outside, on a real broker, a real Postgres and a real folder, against a strict Meta in this process; also killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod calls;
mod deleted;
mod fetched;
mod hostile;
mod killed;
mod meta;
mod missed;
mod rebuilt;
mod uploaded;
mod world;
