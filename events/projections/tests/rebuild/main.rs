//! The second driver of the fold, against real servers: what verify finds, what repair touches, what a reader sees.

#![expect(clippy::unwrap_used, reason = "a test whose ground cannot be laid has failed")]

mod every_column;
mod fill;
mod fixture;
mod kill;
mod past;
mod property;
mod race;
mod refuse;
mod repair;
mod scenario;
mod sending;
mod speech;
mod verify;
