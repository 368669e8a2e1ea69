//! Every service in one process, on one port, with NATS and Postgres of its own unless others are named.
//!
//! The services are the same code that runs apart: they meet in the log here as they do there. What is said here is only how they are
//! wired, what is printed, and where an installation keeps its data and keys.

pub mod banner;
pub mod demo;
pub mod dev_clock;
pub mod house;
pub mod keys;
mod service;
mod services;
pub mod up;

/// Whatever ends a command, in one sentence.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
