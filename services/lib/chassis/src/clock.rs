//! Time as a value: the one place that may read the system's clock.
//!
//! Everything that needs the time takes a [`Clock`] (or an instant), so that tests and development can move it. Deadlines wait with
//! [`Clock::reach`], which a moved clock wakes; pauses and time-outs between machines stay with tokio.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::agenda::Agendas;

/// The longest sleep before the system's clock is read again: it may be set while one sleeps.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// A source of instants. Cheap to clone; clones move together.
///
/// Instants have whole microseconds, the precision of Postgres' `timestamptz`, so that a time written to an event
/// and the same time read from a table are equal.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// The system's clock and what it was moved ahead. For development.
    Ahead(Arc<Hand>),
    /// A clock that stands until it is moved. For tests.
    Manual(Arc<Hand>),
}

/// What can be moved of a clock: microseconds, since 1970 UTC or ahead of the system's clock.
#[derive(Debug)]
pub struct Hand {
    micros: AtomicI64,
    moved: watch::Sender<()>,
    /// What is due next by it.
    pub(crate) agendas: Agendas,
}

impl Clock {
    /// A clock that stands at `at` until it is moved.
    pub fn manual(at: DateTime<Utc>) -> Clock {
        Clock::Manual(Hand::at(at.timestamp_micros()))
    }

    /// The system's clock, as long as it is not moved ahead.
    pub fn movable() -> Clock {
        Clock::Ahead(Hand::at(0))
    }

    /// Now, in whole microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match self {
            Clock::System => system_now().timestamp_micros(),
            Clock::Ahead(hand) => system_now().timestamp_micros().saturating_add(hand.micros.load(Ordering::SeqCst)),
            Clock::Manual(hand) => hand.micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Moves the clock by `by` (backwards if negative). False, and nothing happens, on the system's clock.
    pub fn advance(&self, by: TimeDelta) -> bool {
        match self {
            Clock::System => false,
            Clock::Ahead(hand) | Clock::Manual(hand) => {
                hand.micros.fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::SeqCst);
                hand.moved.send_replace(());
                true
            }
        }
    }

    /// Whether [`Clock::advance`] does anything.
    pub fn can_be_moved(&self) -> bool {
        self.hand().is_some()
    }

    /// Sets a clock that can be moved. False, and nothing happens, on the system's clock.
    pub fn set(&self, at: DateTime<Utc>) -> bool {
        self.advance(at - self.now())
    }

    /// Waits until it is `at` or later by this clock. Safe to drop and to ask again.
    pub async fn reach(&self, at: DateTime<Utc>) {
        let mut moved = self.hand().map(|hand| hand.moved.subscribe());
        loop {
            let left = (at - self.now()).to_std().unwrap_or_default();
            if left.is_zero() {
                return;
            }
            let sleep = async {
                match self {
                    Clock::Manual(_) => std::future::pending().await,
                    Clock::System | Clock::Ahead(_) => tokio::time::sleep(left.min(SLEEP_MAX)).await,
                }
            };
            tokio::select! {
                () = sleep => {}
                () = changed(moved.as_mut()) => {}
            }
        }
    }

    pub(crate) fn hand(&self) -> Option<&Arc<Hand>> {
        match self {
            Clock::System => None,
            Clock::Ahead(hand) | Clock::Manual(hand) => Some(hand),
        }
    }
}

impl Hand {
    fn at(micros: i64) -> Arc<Hand> {
        Arc::new(Hand { micros: AtomicI64::new(micros), moved: watch::Sender::new(()), agendas: Agendas::default() })
    }
}

async fn changed(moved: Option<&mut watch::Receiver<()>>) {
    let Some(moved) = moved else { return std::future::pending().await };
    // The sender lives in the clock that is being waited on, so it is never gone.
    let _ = moved.changed().await;
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
        assert!(!Clock::System.advance(TimeDelta::days(1)) && !Clock::System.can_be_moved());
        let after = Clock::System.now();
        assert!(after >= before && after - before < TimeDelta::hours(1));
        assert_eq!(after.timestamp_subsec_nanos() % 1_000, 0);
    }

    #[tokio::test]
    async fn who_waits_for_an_instant_is_woken_when_the_clock_is_moved_there() {
        let clock = Clock::manual(DateTime::from_timestamp(1_700_000_000, 0).expect("valid"));
        let at = clock.now() + TimeDelta::days(30);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.reach(at).await }
        });
        clock.advance(TimeDelta::days(30) - TimeDelta::microseconds(1));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        clock.advance(TimeDelta::microseconds(1));
        waiting.await.expect("it ends");
        Clock::System.reach(Clock::System.now()).await;
    }

    #[test]
    fn a_movable_clock_runs_ahead_of_the_system() {
        let clock = Clock::movable();
        assert!(clock.can_be_moved() && clock.advance(TimeDelta::days(40)));
        let ahead = clock.now() - Clock::System.now();
        assert!(ahead > TimeDelta::days(39) && ahead <= TimeDelta::days(40));
    }
}
