//! Tests and benches over the whole, on real NATS and real Postgres.
//!
//! What is here is what they share: a [`Stage`] with everything running on it, the bodies that Meta would send, and for benches a
//! [`bed`] for single services, a [`load`] generator, a [`cpu`] meter and the [`report`]. An [`installation`] is `paige up` from outside. What a
//! deleted project was is sought as [`erased`] says.

pub mod apart;
pub mod asking;
pub mod bed;
pub mod binaries;
pub mod bodies;
pub mod chaos;
pub mod cpu;
pub mod dice;
pub mod erased;
mod held;
pub mod history;
pub mod installation;
pub mod load;
pub mod person;
pub mod process;
pub mod report;
pub mod sent;
pub mod sim;
mod stage;
pub mod upsert;
pub mod webhooks;

pub use held::parked;
pub use stage::{Stage, WAIT_MAX};
