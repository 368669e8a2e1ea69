//! What everybody who keeps tables asks of Postgres alike: a service's schema brought to its current form, and whether waiting mends a
//! statement that failed.
//!
//! It has no tables and names none: those are each service's own, and those of `projections`.

mod migrate;
mod outage;

pub use migrate::migrate;
pub use outage::is_outage;
