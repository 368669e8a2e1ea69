//! The contract of the log, on a real nats-server that is killed, restarted and raced. Whatever replaces the journal's inside
//! (another client, a cluster) has to pass these unchanged; `broker` says how another broker is asked.

#![expect(clippy::unwrap_used, reason = "tests")]

mod append;
mod broker;
mod erase;
mod fixture;
mod follow;
mod follow_held;
mod follow_killed;
mod follow_settled;
mod lost_acks;
mod outage;
mod permissions;
mod read;
mod streams;
