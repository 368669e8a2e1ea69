//! What everybody who keeps tables asks of Postgres alike: a service's schema brought to its current form, whether waiting mends a statement
//! that failed, and what becomes of a row that is refused at start.
//!
//! It has no tables and names none: those are each service's own, and those of `projections`.

mod migrate;
mod outage;
mod refused;

pub use migrate::migrate;
pub use outage::is_outage;
pub use refused::unless_refused;
