//! How long until the next attempt, and when to give up.

use std::time::Duration;

/// Pauses before the second, third … attempt: short first, because most causes are gone in a moment.
const PAUSES: [Duration; 8] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

/// The pause after so many failed attempts in a row; `None` when it was the last one, after about half a minute.
pub(super) fn pause_after(attempts: u32, at_least: Duration) -> Option<Duration> {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES.get(index).map(|pause| at_least.max(*pause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(pause_after(1, Duration::ZERO), Some(Duration::from_millis(20)));
        assert_eq!(pause_after(1, Duration::from_secs(3)), Some(Duration::from_secs(3)));
        assert_eq!(pause_after(8, Duration::ZERO), Some(Duration::from_secs(15)));
        assert_eq!(pause_after(9, Duration::ZERO), None);
    }
}
