//! Waits for a condition, with a limit and a text that says how far it got.

use std::time::{Duration, Instant};

/// What a test waits for comes within this, also on a busy machine.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Asks again and again until there is nothing left to say: `missing` gives what the condition still lacks.
pub(crate) fn until(mut missing: impl FnMut() -> Option<String>) {
    let give_up = Instant::now() + WAIT_MAX;
    while let Some(status) = missing() {
        assert!(Instant::now() < give_up, "still after {WAIT_MAX:?}: {status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
