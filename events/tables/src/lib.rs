//! What everybody who keeps tables asks of Postgres alike: connections, a service's schema brought to its current form, whether waiting mends
//! a statement that failed, whether the tables belong to this log, that a project's rows have one writer at a time, how a number is written,
//! and what becomes of a row that is refused at start.
//!
//! It has no tables: those are each service's own, and those of `projections`. The one that it names, `log`, is in the schema of whoever
//! asks.

mod connect;
mod lock;
mod log;
mod migrate;
mod number;
mod outage;
mod refused;

pub use connect::{NotConnected, connect};
pub use lock::lock_project;
pub use log::{OtherLog, refuse_other_log, stored};
pub use migrate::migrate;
pub use number::{signed, unsigned};
pub use outage::is_outage;
pub use refused::unless_refused;
