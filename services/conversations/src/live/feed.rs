//! The one reader of the log, and the way in for subscribers.
//!
//! At its start it reads the latest events anew, so that a subscriber who comes back after a restart of the process goes on exactly
//! where it was. Then it follows by sequence: what is read before and what is read after meet without gap or repeat.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::frame::Reset;
use super::ring::{Found, Limits, Position, Ring};
use super::subscription::{Resume, Subscription};
use crate::Error;

/// How much is remembered for subscribers that come back or are slow.
const RING: Limits = Limits { events: 10_000, bytes: 8 * 1024 * 1024 };
/// Live streams of this process at once.
const STREAMS_MAX: usize = 1_000;
/// How long a subscriber waits for events that another process has told it of already.
const LAG_MAX: Duration = Duration::from_secs(5);
/// Before the log is tried again.
const AGAIN_PAUSE: Duration = Duration::from_secs(1);

/// Cheap to clone; clones are the same feed.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Inner>);

struct Inner {
    journal: Journal,
    ring: Mutex<Ring>,
    /// The last sequence that was read; `None` until the ring is filled.
    reached: watch::Sender<Option<u64>>,
    places: Arc<Semaphore>,
    closed: CancellationToken,
}

impl Feed {
    pub(crate) fn new(journal: Journal) -> Self {
        Self::with_limits(journal, RING, STREAMS_MAX)
    }

    fn with_limits(journal: Journal, ring: Limits, streams_max: usize) -> Self {
        Self(Arc::new(Inner {
            journal,
            ring: Mutex::new(Ring::new(ring, 0)),
            reached: watch::Sender::new(None),
            places: Arc::new(Semaphore::new(streams_max)),
            closed: CancellationToken::new(),
        }))
    }

    /// Whether the latest events are here.
    pub(crate) fn is_filled(&self) -> bool {
        self.0.reached.borrow().is_some()
    }

    /// Reads the log until `shutdown`, then ends every subscription.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(self.follow()).await.is_some() {
            if shutdown.run_until_cancelled(tokio::time::sleep(AGAIN_PAUSE)).await.is_none() {
                break;
            }
        }
        self.0.closed.cancel();
    }

    /// Fills the ring and goes on from there; returns when the log is not the one it was, or cannot be read.
    async fn follow(&self) {
        let mut from = match self.fill().await {
            Ok(from) => from,
            Err(error) => {
                tracing::warn!(%error, "the latest events cannot be read");
                return;
            }
        };
        loop {
            let mut tail = pin!(self.0.journal.tail(Stream::Conversation, from, Filter::all()));
            let error = loop {
                match tail.next().await {
                    Some(Ok(event)) => self.push(event),
                    Some(Err(error)) => break error,
                    None => return,
                }
            };
            let Some(next) = behind(&error) else { return };
            from = next;
        }
    }

    /// Reads the latest events and gives the sequence behind them.
    async fn fill(&self) -> Result<u64, journal::Error> {
        let state = self.0.journal.state(Stream::Conversation).await?;
        let limits = self.ring().limits();
        let remembered = u64::try_from(limits.events).unwrap_or(u64::MAX);
        let mut from = state.first.max((state.last + 1).saturating_sub(remembered));
        self.0.reached.send_replace(None);
        let mut filled = Ring::new(limits, from.saturating_sub(1));
        while from <= state.last {
            let range = Range { from, through: Some(state.last) };
            let mut events = pin!(self.0.journal.replay(Stream::Conversation, range, Filter::all()));
            from = state.last + 1;
            while let Some(event) = events.next().await {
                match event {
                    Ok(event) => filled.push(event),
                    Err(error) => from = behind(&error).ok_or(error)?,
                }
            }
        }
        filled.reach(state.last);
        self.ring().renew(filled);
        self.0.reached.send_replace(Some(state.last));
        Ok(state.last + 1)
    }

    fn push(&self, event: Recorded) {
        let sequence = event.sequence;
        self.ring().push(event);
        self.0.reached.send_replace(Some(sequence));
    }

    /// A place among the subscribers of a project.
    pub(crate) async fn subscribe(&self, project: ProjectId, resume: Resume) -> Result<Subscription, Error> {
        let place = Arc::clone(&self.0.places).try_acquire_owned().map_err(|_| Error::LiveFull)?;
        let end = self.wait_until(|reached| reached.is_some()).await?;
        let unknown = match resume {
            Resume::Now => false,
            Resume::Nowhere => true,
            Resume::Behind(sequence) if sequence <= end => false,
            Resume::Behind(sequence) => !self.comes_to(sequence).await?,
        };
        let mut ring = self.ring();
        let end = ring.end();
        let (position, reset) = match resume {
            _ if unknown => (end, Some(Reset::Unknown)),
            Resume::Behind(sequence) if ring.holds_all_behind(sequence) => (Position { sequence, ..end }, None),
            Resume::Behind(_) => (end, Some(Reset::TooOld)),
            Resume::Now | Resume::Nowhere => (end, None),
        };
        let bell = Some(ring.listen(project));
        drop(ring);
        Ok(Subscription { feed: self.clone(), project, position, bell, reset, _place: place })
    }

    /// A subscriber may have heard of events from another process, before this one has read them.
    async fn comes_to(&self, sequence: u64) -> Result<bool, Error> {
        if sequence > self.0.journal.state(Stream::Conversation).await?.last {
            return Ok(false);
        }
        self.wait_until(|reached| reached.is_some_and(|reached| reached >= sequence)).await?;
        Ok(true)
    }

    async fn wait_until(&self, wanted: impl Fn(Option<u64>) -> bool) -> Result<u64, Error> {
        let mut reached = self.0.reached.subscribe();
        let waited = tokio::time::timeout(LAG_MAX, reached.wait_for(|reached| wanted(*reached))).await;
        match waited {
            Ok(Ok(reached)) => reached.ok_or(Error::LiveNotReady),
            Ok(Err(_)) | Err(_) => Err(Error::LiveNotReady),
        }
    }

    pub(super) fn read(&self, project: ProjectId, position: Position, fit: Limits) -> Found {
        self.ring().read(project, position, fit)
    }

    pub(super) fn closed(&self) -> CancellationToken {
        self.0.closed.clone()
    }

    /// A subscriber of the project has gone.
    pub(super) fn left(&self, project: ProjectId) {
        self.ring().tidy(project);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where to go on after a message that is no event; nowhere after anything else.
fn behind(error: &journal::Error) -> Option<u64> {
    tracing::error!(%error, "the log cannot be followed for live streams");
    match error {
        journal::Error::NotAnEvent { sequence, .. } => Some(sequence + 1),
        journal::Error::Unavailable(_)
        | journal::Error::Unsuitable { .. }
        | journal::Error::StreamDiffers { .. }
        | journal::Error::Forbidden(_)
        | journal::Error::Refused { .. }
        | journal::Error::Ahead { .. }
        | journal::Error::TooMany { .. }
        | journal::Error::Unsettled(_) => None,
    }
}
