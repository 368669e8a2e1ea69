//! Appending: events of one decision, guarded by what their subject held when the decision was made.
//!
//! Here are the words (`Expect`, `Position`, what can go wrong) and the way in: sizes are checked and headers built in the
//! caller's task, then the append waits in the queue of its stream's committer. See `committer` for what happens there.

mod committer;
mod costs;
mod load;
mod pending;
mod plan;
mod recent;
mod send;
mod settle;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::{NewEvent, Stream, Subject};

use crate::Journal;
use crate::link::Link;
use committer::Committer;
use pending::Pending;

/// How long an append may take, retries and lost acknowledgements included, before it is `Unavailable`.
const APPEND_TIME_MAX: Duration = Duration::from_secs(5);
/// The broker's limit on one atomic batch.
const BATCH_EVENTS_MAX: usize = 1_000;

/// What the subject's last sequence must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The subject holds nothing yet.
    New,
    /// Its last event has this sequence.
    At(u64),
    /// Whatever it holds.
    Any,
}

impl Expect {
    /// As the broker writes it; `None` when there is nothing to check.
    pub(crate) fn sequence(self) -> Option<u64> {
        match self {
            Self::New => Some(0),
            Self::At(sequence) => Some(sequence),
            Self::Any => None,
        }
    }
}

/// Events for one subject, in order.
#[derive(Debug, Clone)]
pub struct Append {
    /// Where.
    pub subject: Subject,
    /// Under which condition.
    pub expect: Expect,
    /// At least one.
    pub events: Vec<NewEvent>,
}

/// Where an append is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The stream.
    pub stream: Stream,
    /// The sequence of the append's last event; the others precede it without gap.
    pub sequence: u64,
    /// The log had it already: a retry, or a second delivery of the same event.
    pub duplicate: bool,
}

/// Why an append did not happen, or may not have happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else was faster: read the subject again, decide again. Nothing was stored.
    #[error("subject {subject} was expected at {expected} and is at {actual}")]
    Conflict {
        /// Which subject.
        subject: String,
        /// The sequence that was expected; 0 for new.
        expected: u64,
        /// The sequence that it has; 0 for none.
        actual: u64,
    },
    /// It was not acknowledged in time, or too many appends are waiting. It may have been stored or not. Try again with the same event ids:
    /// if it was stored, the answer gives its position and calls it a duplicate.
    #[error("log unavailable: {0}")]
    Unavailable(String),
    /// A message larger than the broker takes, or more events than fit into one atomic batch. Nothing was stored.
    #[error("append is too large: {size} {unit}, at most {limit}")]
    TooLarge {
        /// How much it is.
        size: usize,
        /// How much it may be.
        limit: usize,
        /// Of what: `bytes` or `events`.
        unit: &'static str,
    },
    /// It can never be stored as it is: no permission, no event, subjects of several streams. Nothing was stored.
    #[error("append refused: {0}")]
    Refused(String),
}

/// One committer per stream, started with the connection.
pub(crate) struct Committers(HashMap<Stream, Committer>);

impl Committers {
    pub(crate) fn new(link: &Arc<Link>) -> Self {
        Self(Stream::ALL.into_iter().map(|stream| (stream, Committer::start(Arc::clone(link), stream))).collect())
    }

    /// A stream that takes nothing although the broker is there, and for how long.
    pub(crate) fn trouble(&self, losses: u64) -> Option<(Stream, Duration)> {
        Stream::ALL.into_iter().find_map(|stream| Some((stream, self.0.get(&stream)?.takes_nothing_for(losses)?)))
    }
}

impl Journal {
    /// Stores `events` on `subject`, together or not at all, and returns when they are on storage that survives a power cut.
    ///
    /// # Errors
    /// See [`AppendError`]; only `Unavailable` leaves open whether it was stored.
    pub async fn append(&self, subject: &Subject, expect: Expect, events: Vec<NewEvent>) -> Result<Position, AppendError> {
        let positions = self.append_all(vec![Append { subject: subject.clone(), expect, events }]).await?;
        positions.last().copied().ok_or_else(|| AppendError::Refused("nothing to append".to_owned()))
    }

    /// Stores events on several subjects of one stream, all or nothing. Each subject may appear once. Positions are in the order given.
    ///
    /// # Errors
    /// As [`Self::append`]; a conflict names the first subject that was not as expected.
    pub async fn append_all(&self, appends: Vec<Append>) -> Result<Vec<Position>, AppendError> {
        let (pending, outcome) = Pending::new(appends, self.link.payload_bytes_max())?;
        let Some(committer) = self.committers.0.get(&pending.stream) else {
            return Err(AppendError::Refused(format!("stream {} has no committer", pending.stream)));
        };
        committer.submit(pending)?;
        outcome.await.unwrap_or_else(|_| Err(AppendError::Unavailable("the journal was closed".to_owned())))
    }
}
