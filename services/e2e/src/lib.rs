//! Tests and benches over the whole, on real NATS and real Postgres.
//!
//! What is here is what they share: a [`Stage`] with everything running on it, and the bodies that Meta would send.

pub mod bodies;
mod stage;

pub use stage::{Stage, WAIT_MAX};
