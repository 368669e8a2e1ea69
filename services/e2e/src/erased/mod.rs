//! Proves that a deleted project is gone: a project is given everything that a project can have, through the interfaces that everybody
//! uses, and after its deletion all of it is searched for in everything that can be read.
//!
//! It is used for a small project in a test and for one of a million messages in a benchmark, with services in processes of their own or
//! all in one. It reads everything except what Meta itself keeps, which is not ours to erase.

mod doors;
mod keys;
pub mod marks;
mod planting;
mod search;
mod secrets;
pub mod traces;

use std::time::{Duration, Instant};

pub use doors::Doors;
pub use search::Search;

/// How long anything that is asked for may take.
pub const WAIT_MAX: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);

/// Until a condition holds, for so long at most; how it stands is what it says while it does not.
///
/// # Panics
/// It does not hold in time.
pub async fn until(what: &str, within: Duration, condition: impl AsyncFn() -> Result<(), String>) {
    let started = Instant::now();
    while let Err(state) = condition().await {
        assert!(started.elapsed() < within, "waited in vain until {what}: {state}");
        tokio::time::sleep(POLL).await;
    }
}
