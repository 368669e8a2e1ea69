//! One key in memory: what waits for it, and in which state it is.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use contract::{HoldKind, KeyHeld, Recorded};
use tokio::time::Instant;

/// A key with more than this in memory is set aside and read from the stream instead, so that a slow one leaves room for the others.
pub(super) const LANE_EVENTS_MAX: usize = 5_000;
pub(super) const LANE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A key that has something in memory.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) queue: VecDeque<Recorded>,
    pub(super) state: State,
    /// Failed attempts in a row.
    pub(super) attempts: u32,
    /// Live events up to here were handled while the key caught up.
    pub(super) caught_up_through: u64,
    /// Another attempt was asked for while one was being made.
    pub(super) released: bool,
}

#[derive(Default)]
pub(super) enum State {
    /// Nothing happens; with something in the queue it is in the list of ready keys.
    #[default]
    Idle,
    /// The handler has its first events.
    Running,
    /// The handler gets its first events again at this time.
    Backoff(Instant),
    /// Its record, of this number, is on the way to the log; its events stay until it is there.
    Holding(Hold, u64),
    /// It waits, until this time or until somebody asks.
    Held(Hold, Option<Instant>),
    /// Its events are read from the stream again.
    CatchingUp(Hold),
}

/// A key that is held, and from where.
#[derive(Clone)]
pub(super) struct Hold {
    pub(super) from: u64,
    /// See [`super::Status::held_since`].
    pub(super) since: DateTime<Utc>,
    pub(super) kind: HoldKind,
    pub(super) cause: String,
    pub(super) attempts: u32,
    /// Failed attempts in a row that were to be retried; so many and it is parked.
    pub(super) retries: u32,
    pub(super) retry_at: Option<Instant>,
    /// The last live event that was dropped because the key is held.
    pub(super) dropped_through: u64,
    pub(super) skipped: BTreeSet<u64>,
    /// What the record in the log says.
    pub(super) recorded_from: u64,
    /// The first sequence that the running catch-up has not handled.
    pub(super) reached: Arc<AtomicU64>,
}

impl Hold {
    /// A key held from this sequence on, since then.
    pub(super) fn new(
        (from, since): (u64, DateTime<Utc>),
        kind: HoldKind,
        cause: String,
        attempts: u32,
        retry_at: Option<Instant>,
    ) -> Self {
        let (skipped, reached) = (BTreeSet::new(), Arc::new(AtomicU64::new(from)));
        Self { from, since, kind, cause, attempts, retries: 0, retry_at, dropped_through: from, skipped, recorded_from: from, reached }
    }

    pub(super) fn record(&self, key: &str) -> KeyHeld {
        KeyHeld { key: key.to_owned(), from_sequence: self.from, kind: self.kind, cause: self.cause.clone(), attempts: self.attempts }
    }
}

impl Lane {
    pub(super) fn bytes(&self) -> usize {
        self.queue.iter().map(|event| event.data.len()).sum()
    }

    /// What it is held by, if it is.
    pub(super) fn hold(&self) -> Option<&Hold> {
        match &self.state {
            State::Holding(hold, _) | State::Held(hold, _) | State::CatchingUp(hold) => Some(hold),
            State::Idle | State::Running | State::Backoff(_) => None,
        }
    }

    /// A record about the key is stored in the log. If it is the record by which the key is held now, the key's events may leave the
    /// memory: they are returned, together with the time until which the key waits, if there is one. A record of an earlier hold only says
    /// where that hold began.
    pub(super) fn noted(&mut self, number: u64) -> Option<(VecDeque<Recorded>, Option<Instant>)> {
        let State::Holding(hold, awaited) = &self.state else { return None };
        if *awaited != number {
            return None;
        }
        let mut hold = hold.clone();
        let dropped = std::mem::take(&mut self.queue);
        hold.dropped_through = dropped.back().map_or(hold.from, |event| event.sequence);
        let at = if std::mem::take(&mut self.released) { Some(Instant::now()) } else { hold.retry_at };
        self.state = State::Held(hold, at);
        Some((dropped, at))
    }

    /// Whether nothing would be lost by forgetting the key.
    pub(super) fn is_spent(&self, read_through: u64) -> bool {
        matches!(self.state, State::Idle) && self.queue.is_empty() && self.caught_up_through <= read_through
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::event;
    use contract::KeyReleased;

    fn waiting(sequence: u64) -> Recorded {
        event::recorded(KeyReleased { key: "k".into(), through_sequence: 1 }.into(), sequence)
    }

    #[test]
    fn a_held_key_keeps_its_events_until_its_own_record_is_in_the_log() {
        let hold = Hold::new((200, DateTime::UNIX_EPOCH), HoldKind::SetAside, "down".into(), 1, None);
        let mut lane = Lane { queue: [waiting(200), waiting(201)].into(), state: State::Holding(hold, 7), ..Lane::default() };
        assert!(lane.noted(5).is_none(), "a record of an earlier hold, written late");
        assert_eq!(lane.queue.len(), 2);
        let (dropped, _) = lane.noted(7).unwrap();
        assert_eq!(dropped.iter().map(|event| event.sequence).collect::<Vec<_>>(), [200, 201]);
        assert!(matches!(&lane.state, State::Held(hold, None) if hold.dropped_through == 201));
        assert!(lane.noted(7).is_none());
    }
}
