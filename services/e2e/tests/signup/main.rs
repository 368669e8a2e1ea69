//! Numbers through Meta's signup: how they come, how they are shown, how they go.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod connecting;
mod gone;
mod left;
mod profile;
mod repeated;
mod shown;
mod trouble;
mod world;
