//! Following a stream: keys in parallel, each key strictly in order, nobody held up by a neighbour that fails.
//!
//! A key is the leading tokens of a subject. Its events are handed over in order, in batches of what gathered. A key whose
//! handler stops for long is *held*: one durable record in stream `parked` takes its place, its later events are not kept in
//! memory, and when it is released they are read again from the record's sequence on until the key has caught up and is
//! live again. The follower's own position is a hint, kept at most once a second: after a crash events are seen again, so every
//! effect is idempotent or has its checkpoint in the same transaction.
//!
//! There is no broker durable: no redelivery timer stalls a restart, and live and catch-up reading are the same reader.

mod catch_up;
mod director;
mod event;
mod follower;
mod held;
mod hint;
mod hold;
mod key;
mod lane;
mod live;
mod notes;
mod progress;
mod retry;
mod source;
mod trace;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use contract::{ProjectId, Recorded, Stream};
use tokio_util::sync::CancellationToken;

use crate::{Error, Journal};

pub use follower::{Follower, Status};
pub use held::HeldKey;

/// What to follow, and how.
#[derive(Debug, Clone)]
pub struct Follow {
    /// Whose position and parked keys these are; one running follower per service and stream.
    pub service: &'static str,
    /// What is followed.
    pub stream: Stream,
    /// Subjects, with `*` and `>`; empty for all of the stream. They must not overlap.
    pub filters: Vec<String>,
    /// How many leading tokens of the subject are the key, the stream's name included.
    pub key_tokens: usize,
    /// How many keys are handled at once.
    pub parallel: usize,
    /// The most events handed over in one call.
    pub batch_max: usize,
    /// Another number forgets the position: everything is seen again.
    pub version: u32,
}

impl Follow {
    /// What is said of projects themselves, each project a key. Claims of numbers, and keys, are in the same stream and are left out: their
    /// subjects have more tokens.
    pub fn projects(service: &'static str, parallel: usize, batch_max: usize) -> Self {
        let stream = Stream::Project;
        Self { service, stream, filters: vec![format!("{stream}.*")], key_tokens: 2, parallel, batch_max, version: 1 }
    }
}

/// What is done with the events.
///
/// A call should be bounded in time: while it runs, its key's later events wait in memory.
pub trait Handler: Send + Sync + 'static {
    /// Whether it does all events of a call or none, and so cannot say at which of them it stopped. What such a one parks is handed over once
    /// more, event by event, so that its key is held at the event that cannot be done, and whoever skips that loses no other.
    const ALL_OR_NONE: bool = false;

    /// Handles events of one key, in order, in a span of their trace, or one that links to their traces. Says how many of them, from the first
    /// on, are done for good, and why it stopped if it did. What is not done is handed over again.
    fn handle(&self, key: &str, events: &[Recorded]) -> impl Future<Output = Handled> + Send;

    /// Waits until everything that [`Handler::handle`] has called done would survive a crash of what it was written to. It is called about
    /// once a second, and always before the follower's position is written to the log. Only a handler that writes without waiting for a
    /// disk has something to do here.
    ///
    /// # Errors
    /// Some of it may be gone. This ends the follower with [`Error::Unsettled`], and nothing that it did since is kept.
    fn settle(&self) -> impl Future<Output = Result<(), Unsettled>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Why something that was done may not be done any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled(pub String);

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// How many events are done, from the first on.
    pub done: usize,
    /// Why the next one is not.
    pub stopped: Option<Stop>,
}

impl Handled {
    /// Every event is done.
    pub fn all(events: &[Recorded]) -> Self {
        Self { done: events.len(), stopped: None }
    }

    /// So many are done, and the next one is not.
    pub fn stopped(done: usize, stop: Stop) -> Self {
        Self { done, stopped: Some(stop) }
    }

    /// One event after the other, each begun when the one before is done, until one stops.
    pub async fn one_by_one(handlings: impl Iterator<Item = impl Future<Output = Result<(), Stop>>>) -> Self {
        let mut done = 0;
        for handling in handlings {
            if let Err(stop) = handling.await {
                return Self::stopped(done, stop);
            }
            done += 1;
        }
        Self { done, stopped: None }
    }
}

/// Why a handler stopped before an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It may work soon. Tried again with growing pauses, at least `after`; parked when it never does.
    Retry {
        /// The shortest pause.
        after: Duration,
        /// For whoever reads why it is parked.
        cause: String,
    },
    /// Something that this key needs is down. Tried again every `after`, for ever; never parked.
    SetAside {
        /// The pause.
        after: Duration,
        /// What is waited for.
        cause: String,
    },
    /// It can never work: someone must look.
    Park {
        /// Why.
        cause: String,
    },
}

/// The project of a key, for whoever follows a stream whose keys begin with one.
///
/// # Errors
/// [`Stop::Park`]: it names none, and never will.
pub fn project_of(key: &str) -> Result<ProjectId, Stop> {
    let named = key.split('.').nth(1).and_then(|project| project.parse().ok());
    named.ok_or_else(|| Stop::Park { cause: format!("{key} names no project") })
}

impl Journal {
    /// Follows until `shutdown`, which lets running calls end and keeps the position.
    ///
    /// # Errors
    /// Only what waiting does not mend: no permission, no such stream, a message that is no event. An outage of the broker is waited out.
    /// [`Error::Unsettled`] where the handler said so: followed again, with a new handler, everything is seen again since the position that is kept.
    pub async fn follow<H: Handler>(&self, follow: Follow, handler: H, shutdown: CancellationToken) -> Result<(), Error> {
        self.follower(follow).run(Arc::new(handler), shutdown).await
    }

    /// The handle of a follower that does not run yet: to release keys, and to see how far it is.
    pub fn follower(&self, follow: Follow) -> Follower {
        Follower::new(self.clone(), follow)
    }
}

#[cfg(test)]
mod tests {
    use contract::Subject;
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_key_that_names_no_project_is_for_somebody_to_look_at() {
        let project = ProjectId::from_ulid(Ulid::from_parts(1, 1));
        assert_eq!(project_of(&Subject::project(project).to_string()), Ok(project));
        assert_eq!(project_of(&format!("flow.{project}.space")), Ok(project));
        for key in ["project", "project.", "project.number.1", "conversation.con_1"] {
            assert_eq!(project_of(key), Err(Stop::Park { cause: format!("{key} names no project") }));
        }
    }
}
