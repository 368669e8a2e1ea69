//! What is held when a test looks: what waits for somebody stays so, what is only set aside comes by itself.

use std::time::{Duration, Instant};

use contract::HoldKind;
use journal::{HeldKey, Journal};

use crate::WAIT_MAX;

const POLL: Duration = Duration::from_millis(10);

/// Every key that waits for somebody. What is set aside is waited for: whoever met a server that was busy, or on its way back, may rightly hold it
/// at any instant.
///
/// # Panics
/// Something stays set aside.
pub async fn parked(journal: &Journal) -> Vec<HeldKey> {
    let started = Instant::now();
    loop {
        let held = journal.parked().await.expect("the log answers");
        if held.iter().all(|key| key.kind == HoldKind::Parked) {
            return held;
        }
        assert!(started.elapsed() < WAIT_MAX, "it stays set aside: {held:#?}");
        tokio::time::sleep(POLL).await;
    }
}
