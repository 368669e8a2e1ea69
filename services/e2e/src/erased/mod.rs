//! Everything that a project can have is planted through the doors that everybody has, and when the project is deleted it is sought wherever
//! anything can be read.
//!
//! One small project of a test and one of a million messages are looked at with this, on services that are processes of their own or all one.
//! It reads all there is but Meta's own, which is nobody's to erase.

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
