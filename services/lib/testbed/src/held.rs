//! The strict end of a test: nothing is held that it did not expect.

use contract::HoldKind;
use journal::{HeldKey, Journal};

use crate::waiting::found;

/// Waits until nothing is held any more, while whoever holds it runs. What is set aside is tried again by itself; what is parked never is,
/// and fails the test at once.
pub async fn nothing_stays_held(journal: &Journal) {
    found("nothing is held", async || set_aside(journal).await, Vec::is_empty).await;
}

/// Stops a service once it holds nothing any more: a test ends with it.
pub async fn end(journal: &Journal, stop: impl Future<Output = ()>) {
    nothing_stays_held(journal).await;
    stop.await;
    // What its last calls set aside is for the next start.
    set_aside(journal).await;
}

/// Every key that waits to be tried again; none is parked.
async fn set_aside(journal: &Journal) -> Vec<HeldKey> {
    let held = journal.parked().await.expect("the log answers");
    assert!(held.iter().all(|key| key.kind == HoldKind::SetAside), "something is parked: {held:#?}");
    held
}
