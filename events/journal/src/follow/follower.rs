//! The handle of a follower: what others may ask of it, and what they may see of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::director::Director;
use super::{Follow, Handler};
use crate::{Error, Journal};

/// How far a follower is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether it is running and has begun to read.
    pub running: bool,
    /// Everything up to this sequence is done or held.
    pub position: u64,
    /// How many events it has not handled yet, those of held keys left out.
    pub lag: u64,
    /// How many keys are held, parked and set aside together.
    pub held: usize,
    /// How many of them are parked: someone must look.
    pub parked: usize,
    /// Since when the key that has been held longest is held: the time of the event at which it stopped or, after a restart, the time of
    /// the record about it. In a stream whose events expire, what waits for the key is gone at that age.
    pub held_since: Option<DateTime<Utc>>,
}

/// A follower's handle. Cheap to clone.
#[derive(Clone)]
pub struct Follower {
    journal: Journal,
    follow: Arc<Follow>,
    shared: Arc<Shared>,
}

/// What handle and running follower have in common.
pub(super) struct Shared {
    pub(super) status: watch::Sender<Status>,
    releases: Mutex<HashSet<String>>,
    pub(super) released: Notify,
}

impl Shared {
    /// Keys to release, each once, since the last call.
    pub(super) fn take_releases(&self) -> HashSet<String> {
        std::mem::take(&mut *self.releases.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Follower {
    pub(super) fn new(journal: Journal, follow: Follow) -> Self {
        let shared = Shared { status: watch::Sender::new(Status::default()), releases: Mutex::default(), released: Notify::new() };
        Self { journal, follow: Arc::new(follow), shared: Arc::new(shared) }
    }

    /// Follows until `shutdown`; once at a time. See [`Journal::follow`].
    ///
    /// # Errors
    /// As [`Journal::follow`].
    pub async fn run<H: Handler>(&self, handler: Arc<H>, shutdown: CancellationToken) -> Result<(), Error> {
        let director = Director::start(self.journal.clone(), Arc::clone(&self.follow), handler, Arc::clone(&self.shared)).await?;
        let outcome = director.run(shutdown).await;
        self.shared.status.send_modify(|status| status.running = false);
        outcome
    }

    /// Asks for another attempt at a held key now, because what it waited for may be there. A key that is not held is left alone. If the
    /// key is being handled at this moment and is then held, it is tried again at once.
    pub fn release(&self, key: &str) {
        self.shared.releases.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        self.shared.released.notify_one();
    }

    /// Everything up to this sequence is done or held.
    pub fn position(&self) -> u64 {
        self.shared.status.borrow().position
    }

    /// Where it stands, and its changes.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Waits until everything that is in the stream now is done or held.
    ///
    /// # Errors
    /// As [`Journal::state`].
    pub async fn caught_up(&self) -> Result<Status, Error> {
        let everything = [">".to_owned()];
        let filters = if self.follow.filters.is_empty() { &everything[..] } else { &self.follow.filters };
        let mut last = 0;
        for filter in filters {
            let found = self.journal.link.last_of(self.follow.stream, filter).await?;
            last = last.max(found.map_or(0, |stored| stored.sequence));
        }
        let mut status = self.status();
        let reached = status.wait_for(|status| status.running && status.position >= last).await;
        reached.map(|status| *status).map_err(|_| Error::Unavailable("the follower is gone".to_owned()))
    }
}

pub(super) fn bad_name(service: &str, error: &contract::SubjectError) -> Error {
    Error::Refused { request: format!("subject of service {service}"), code: 0, description: error.to_string() }
}
