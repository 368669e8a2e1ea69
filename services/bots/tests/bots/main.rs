//! Bots from the outside, on a real broker and a real folder, also killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod killed;
mod life;
mod world;
