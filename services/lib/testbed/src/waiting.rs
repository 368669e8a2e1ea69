//! Waiting for what happens by itself.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Far longer than anything takes that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until it is so.
pub async fn until(what: &str, so: impl AsyncFn() -> bool) {
    found(what, so, |so| *so).await;
}

/// Looks again and again until what is found fits, and gives it.
pub async fn found<T: Debug>(what: &str, look: impl AsyncFn() -> T, fits: impl Fn(&T) -> bool) -> T {
    let began = Instant::now();
    loop {
        let found = look().await;
        if fits(&found) {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}; so far: {found:?}");
        tokio::time::sleep(PAUSE).await;
    }
}
