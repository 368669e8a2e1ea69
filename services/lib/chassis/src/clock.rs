//! Time as a value: the one place that may read the system's clock.
//!
//! Everything that needs the time takes a [`Clock`] (or an instant), so that tests and development can move it.
//! It does not wait: timers stay with tokio.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A source of instants. Cheap to clone; clones of a manual clock move together.
///
/// Instants have whole microseconds, the precision of Postgres' `timestamptz`, so that a time written to an event
/// and the same time read from a table are equal.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that moves when told to. Holds microseconds since 1970 UTC.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until it is moved.
    pub fn manual(at: DateTime<Utc>) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// Now, in whole microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match self {
            Clock::System => system_now().timestamp_micros(),
            Clock::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Moves a manual clock by `by` (backwards if negative). False, and nothing happens, on the system's clock.
    pub fn advance(&self, by: TimeDelta) -> bool {
        match self {
            Clock::System => false,
            Clock::Manual(micros) => {
                micros.fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::SeqCst);
                true
            }
        }
    }

    /// Sets a manual clock. False, and nothing happens, on the system's clock.
    pub fn set(&self, at: DateTime<Utc>) -> bool {
        match self {
            Clock::System => false,
            Clock::Manual(micros) => {
                micros.store(at.timestamp_micros(), Ordering::SeqCst);
                true
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_move_together() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).expect("valid");
        let clock = Clock::manual(start);
        let other = clock.clone();
        assert!(clock.advance(TimeDelta::hours(24)));
        assert_eq!(other.now(), start + TimeDelta::hours(24));
        assert!(other.set(start));
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn the_system_clock_cannot_be_moved_and_has_whole_microseconds() {
        let before = Clock::System.now();
        assert!(!Clock::System.advance(TimeDelta::days(1)));
        let after = Clock::System.now();
        assert!(after >= before && after - before < TimeDelta::hours(1));
        assert_eq!(after.timestamp_subsec_nanos() % 1_000, 0);
    }
}
