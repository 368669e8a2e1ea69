//! One key in memory: what waits for it, and in which state it is.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

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
    /// Its record is on the way to the log; its events stay until it is there.
    Holding(Hold),
    /// It waits, until this time or until somebody asks.
    Held(Hold, Option<Instant>),
    /// Its events are read from the stream again.
    CatchingUp(Hold),
}

/// A key that is held, and from where.
#[derive(Clone)]
pub(super) struct Hold {
    pub(super) from: u64,
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
    pub(super) fn record(&self, key: &str) -> KeyHeld {
        KeyHeld { key: key.to_owned(), from_sequence: self.from, kind: self.kind, cause: self.cause.clone(), attempts: self.attempts }
    }
}

impl Lane {
    pub(super) fn bytes(&self) -> usize {
        self.queue.iter().map(|event| event.data.len()).sum()
    }

    /// Whether nothing would be lost by forgetting the key.
    pub(super) fn is_spent(&self, read_through: u64) -> bool {
        matches!(self.state, State::Idle) && self.queue.is_empty() && self.caught_up_through <= read_through
    }
}
