//! What everybody who keeps tables asks of Postgres alike: connections, a service's schema brought to its current form, whether waiting mends a statement
//! that failed, whether the tables belong to this log, and what becomes of a row that is refused at start.
//!
//! It has no tables: those are each service's own, and those of `projections`. The one that it names, `log`, is in the schema of whoever
//! asks.

mod connect;
mod log;
mod migrate;
mod outage;
mod refused;

pub use connect::{NotConnected, connect};
pub use log::{OtherLog, refuse_other_log, stored};
pub use migrate::migrate;
pub use outage::is_outage;
pub use refused::unless_refused;
