//! When a key was used last: one event per key and five minutes, written in the background. Nobody waits for it and nobody misses it.
//!
//! Several processes derive the same event id for the same five minutes, so the log takes one of theirs.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use chassis::Clock;
use contract::{Context, Event, EventId, KeyId, KeyUsed, SYSTEM_ACTOR, Subject, WorkspaceEvent};
use journal::{Expect, Journal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A key's uses within this many seconds are one.
pub const KEY_USE_INTERVAL_SECONDS: i64 = 300;
/// Uses that wait to be written; more are dropped.
const WAITING_MAX: usize = 1_024;
const SOURCE: &str = "/paige/auth";

pub(crate) struct LastUse {
    clock: Clock,
    /// The keys that were noted in an interval: as many as there are keys that work.
    noted: Mutex<(i64, HashSet<KeyId>)>,
    send: mpsc::Sender<KeyUsed>,
    receive: Mutex<Option<mpsc::Receiver<KeyUsed>>>,
}

impl LastUse {
    pub(crate) fn new(clock: Clock) -> Self {
        let (send, receive) = mpsc::channel(WAITING_MAX);
        Self { clock, noted: Mutex::default(), send, receive: Mutex::new(Some(receive)) }
    }

    /// Notes that `key`, which works, was used.
    pub(crate) fn note(&self, key: KeyId) {
        let at = self.clock.now();
        let interval = interval(at);
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.0 != interval {
            *noted = (interval, HashSet::new());
        }
        if noted.1.insert(key) {
            // Full: so many others are noted that this one can be missing.
            let _ = self.send.try_send(KeyUsed { key, at });
        }
    }

    /// Writes what is noted, until `stop`. Only the first call does.
    pub(crate) async fn write(&self, journal: &Journal, stop: &CancellationToken) {
        let Some(mut receive) = self.receive.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        loop {
            let used = tokio::select! {
                () = stop.cancelled() => return,
                used = receive.recv() => used,
            };
            let Some(used) = used else { return };
            let (subject, key, at) = (Subject::key_use(used.key), used.key.to_string(), used.at);
            let id = EventId::derive("workspace.key_used.v1", &[&key, &interval(at).to_string()]);
            let context = Context::own(SYSTEM_ACTOR, None);
            let event = WorkspaceEvent::KeyUsed(used).into_new(id, SOURCE, at, context);
            if let Err(error) = journal.append(&subject, Expect::Any, vec![event]).await {
                tracing::debug!(%error, "the use of a key was not written");
            }
        }
    }
}

fn interval(at: chrono::DateTime<chrono::Utc>) -> i64 {
    at.timestamp().div_euclid(KEY_USE_INTERVAL_SECONDS)
}
