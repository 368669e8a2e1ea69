//! One subscriber of a project: where it stands, and what comes next.

use std::sync::Arc;
use std::time::Duration;

use contract::{ProjectId, Recorded};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::feed::Feed;
use super::frame::Reset;
use super::ring::{Found, Limits, Position};

/// How long a stream is silent before it says that it is alive.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// How much is handed over at once.
const HAND: Limits = Limits { events: 64, bytes: 256 * 1024 };

/// Where a subscriber wants to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resume {
    /// With what comes next.
    Now,
    /// Behind this sequence.
    Behind(u64),
    /// Behind something that is no sequence.
    Nowhere,
}

impl Resume {
    /// Reads the id that a subscriber saw last.
    pub(crate) fn parse(id: Option<&str>) -> Self {
        match id {
            None | Some("") => Self::Now,
            Some(text) => text.parse().map_or(Self::Nowhere, Self::Behind),
        }
    }
}

/// What there is to say to a subscriber.
#[derive(Debug)]
pub(crate) enum News {
    /// These happened; everything up to the sequence is said.
    Events(Vec<Arc<Recorded>>, u64),
    /// Nothing happened for a while, up to the sequence.
    Quiet(u64),
    /// Something was missed; it goes on behind the sequence.
    Reset(Reset, u64),
}

/// See the module. Dropping it gives its place to another.
pub(crate) struct Subscription {
    pub(super) feed: Feed,
    pub(super) project: ProjectId,
    pub(super) position: Position,
    pub(super) bell: Option<watch::Receiver<u64>>,
    /// Said first.
    pub(super) reset: Option<Reset>,
    pub(super) _place: OwnedSemaphorePermit,
}

impl Subscription {
    pub(crate) fn project(&self) -> ProjectId {
        self.project
    }

    /// The beginning: everything up to this sequence is taken as known, unless there is a reset to say.
    pub(crate) fn beginning(&mut self) -> News {
        match self.reset.take() {
            Some(reset) => News::Reset(reset, self.position.sequence),
            None => News::Quiet(self.position.sequence),
        }
    }

    /// What comes next; `None` when the process stops.
    pub(crate) async fn next(&mut self) -> Option<News> {
        let closed = self.feed.closed();
        let mut silent = false;
        loop {
            let bell = self.bell.as_mut()?;
            // Before the ring is read: an event that comes in between rings again.
            bell.borrow_and_update();
            match self.feed.read(self.project, self.position, HAND) {
                Found::Lost(position) => {
                    let restarted = position.epoch != self.position.epoch;
                    self.position = position;
                    return Some(News::Reset(if restarted { Reset::Restarted } else { Reset::TooSlow }, position.sequence));
                }
                Found::Events(events, position) => {
                    self.position = position;
                    if closed.is_cancelled() {
                        return None;
                    }
                    if !events.is_empty() {
                        return Some(News::Events(events, position.sequence));
                    }
                    if silent {
                        return Some(News::Quiet(position.sequence));
                    }
                }
            }
            tokio::select! {
                biased;
                () = closed.cancelled() => return None,
                rung = bell.changed() => rung.ok()?,
                () = tokio::time::sleep(SILENCE_MAX) => silent = true,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.bell = None;
        self.feed.left(self.project);
    }
}
