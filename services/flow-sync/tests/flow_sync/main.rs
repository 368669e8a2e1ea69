//! Flow-sync from the outside, on a real broker, a real database and a real folder, with a small strict Meta beside it; also cut off.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod cut_off;
mod drift;
mod meta;
mod names;
mod people;
mod preview;
mod publish;
mod races;
mod reports;
mod space;
mod world;
