//! Announced deadlines. When the clock is moved ahead in development, it can stop at each deadline until what is due then is done.
//!
//! A task that waits for deadlines keeps one [`Agenda`] and announces its next deadline each time that everything before it is done. So a
//! deadline that is past and still announced means that the task is working on it right now. An agenda waits for nothing itself, and it
//! does nothing on the system's clock, which nobody moves.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::Clock;
use crate::clock::Hand;

/// What is due next of everybody who waits by one clock.
#[derive(Debug, Default)]
pub(crate) struct Agendas(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    made: u64,
    next: BTreeMap<u64, DateTime<Utc>>,
}

/// What is due next of one task; nothing, as long as it has not said so, and from when it is gone.
pub struct Agenda(Option<(Arc<Hand>, u64)>);

impl Clock {
    /// Another agenda by this clock.
    pub fn agenda(&self) -> Agenda {
        Agenda(self.hand().map(|hand| {
            let mut pages = hand.agendas.pages();
            pages.made += 1;
            (Arc::clone(hand), pages.made)
        }))
    }

    /// The first instant after `now` at which something is due, of all that was announced.
    pub fn first_due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.hand()?.agendas.pages().next.values().copied().filter(|at| *at > now).min()
    }

    /// Whether something is due at `now` and not done.
    pub fn is_behind(&self, now: DateTime<Utc>) -> bool {
        self.hand().is_some_and(|hand| hand.agendas.pages().next.values().any(|at| *at <= now))
    }
}

impl Agenda {
    /// Everything that was due before is done, and this is next; none: nothing is known to be.
    pub fn announce(&self, next: Option<DateTime<Utc>>) {
        let Some((hand, page)) = &self.0 else { return };
        let mut pages = hand.agendas.pages();
        match next {
            Some(at) => pages.next.insert(*page, at),
            None => pages.next.remove(page),
        };
    }
}

impl Drop for Agenda {
    fn drop(&mut self) {
        self.announce(None);
    }
}

impl fmt::Debug for Agenda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Agenda")
    }
}

impl Agendas {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_first_of_all_that_is_due_is_told_and_what_has_come_is_behind_until_something_else_is_next() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let hours = |n| start + TimeDelta::hours(n);
        let clock = Clock::manual(start);
        let (one, other) = (clock.agenda(), clock.clone().agenda());
        assert_eq!(clock.first_due(start), None);
        one.announce(Some(hours(2)));
        other.announce(Some(hours(1)));
        assert_eq!((clock.first_due(start), clock.is_behind(start)), (Some(hours(1)), false));

        assert!(clock.is_behind(hours(1)), "at its instant it is due");
        assert_eq!(clock.first_due(hours(1)), Some(hours(2)));
        other.announce(Some(hours(3)));
        assert!(!clock.is_behind(hours(1)));
        one.announce(None);
        assert_eq!(clock.first_due(hours(1)), Some(hours(3)));
        drop(other);
        assert_eq!(clock.first_due(hours(1)), None);
    }

    #[test]
    fn on_the_systems_clock_nothing_is_announced() {
        let now = Clock::System.now();
        let agenda = Clock::System.agenda();
        agenda.announce(Some(now));
        assert!(!Clock::System.is_behind(now) && Clock::System.first_due(now - TimeDelta::days(1)).is_none());
    }
}
