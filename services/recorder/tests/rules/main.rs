//! The recorder's rules, as given / when / then: what was heard before, what is heard now, what the log is told.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod merging;
mod moving;
mod people;
mod property;
mod sending;
mod statuses;
mod talk;
mod webhooks;
mod world;
