//! Holds the published contract (`schemas/`) and the code together: neither can change without the other noticing.
//!
//! Nothing here reads the network. Whether the tables take every example is `projections`' test, not this one's.

#![expect(clippy::unwrap_used, reason = "a published file that cannot be read is a failed test")]

mod asyncapi;
mod examples;
mod frozen;
mod published;
mod wire;
