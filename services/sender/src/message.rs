//! What is not settled, one by one: a message on its way to a contact, and a message of theirs that is to be shown as read.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{ContactId, MessageId, MessageRequested, ProjectId};

use crate::origin::Origin;

/// A contact of a project: whose messages are in order.
pub(crate) type Key = (ProjectId, ContactId);

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// For its turn.
    Waiting,
    /// Meta is being asked, or was, by somebody who is gone.
    Started,
    /// Meta was asked and did not answer.
    Unknown,
    /// Given up, abandoned or failed for no reason that anybody knows; a status still counts.
    Abandoned,
}

/// A message that is not settled.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) key: Key,
    /// The sequence of its request.
    pub(crate) requested: u64,
    /// The sequence of its last event.
    pub(crate) sequence: u64,
    pub(crate) state: State,
    pub(crate) attempt: u32,
    /// Of how many earlier attempts nobody knows what came of them, or why Meta did not take a file of it.
    pub(crate) unclear: u32,
    /// Waiting: not before. Started: when nobody is asking any more. Unknown: when no status is waited for any more.
    pub(crate) due_at: DateTime<Utc>,
    /// When it is not worth sending any more; of an abandoned one, when it is forgotten.
    pub(crate) expires_at: DateTime<Utc>,
    /// Nobody knows whether Meta took an earlier attempt.
    pub(crate) doubtful: bool,
    /// Who asked for it.
    pub(crate) origin: Arc<Origin>,
    /// Meta's id, told by a status.
    pub(crate) told: Option<String>,
    /// When it was asked for, if this process saw it.
    pub(crate) asked_at: Option<DateTime<Utc>>,
    /// What is to be sent, if it is in memory.
    pub(crate) content: Option<Arc<MessageRequested>>,
    pub(crate) content_bytes: usize,
}

impl Message {
    /// It waits since its request, and nothing is known yet of what it says and who asked for it.
    pub(crate) fn new(key: Key, requested: u64, due_at: DateTime<Utc>, expires_at: DateTime<Utc>) -> Self {
        Self {
            key,
            requested,
            sequence: requested,
            state: State::Waiting,
            attempt: 0,
            unclear: 0,
            due_at,
            expires_at,
            doubtful: false,
            origin: Arc::default(),
            told: None,
            asked_at: None,
            content: None,
            content_bytes: 0,
        }
    }
}

/// A message of a contact that is to be shown as read.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) key: Key,
    pub(crate) message: MessageId,
    pub(crate) sequence: u64,
    pub(crate) wamid: String,
    pub(crate) typing: bool,
    pub(crate) origin: Arc<Origin>,
    pub(crate) at: DateTime<Utc>,
    /// How often Meta was asked by this process.
    pub(crate) tries: u32,
}
