//! One contact of the backlog: its messages in order, and what this process does with it, which nobody else knows.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use contract::MessageId;

/// What this process does with a contact just now. One thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// A message is being sent.
    Sending(MessageId),
    /// An event is being appended.
    Saying,
    /// Done as soon as everything is read up to this sequence.
    Until(u64),
}

/// The messages of a contact, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Contact {
    /// The last sequence of its subject, as far as it was read.
    pub(crate) last: u64,
    pub(crate) queue: VecDeque<MessageId>,
    /// Messages whose time is up.
    pub(crate) overdue: VecDeque<MessageId>,
    pub(crate) busy: Option<Busy>,
    /// It is in its project's line.
    pub(crate) lined_up: bool,
    /// When it is looked at again by itself.
    pub(crate) wakes_at: Option<DateTime<Utc>>,
}
