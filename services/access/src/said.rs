//! What a fold needs of an event beside its facts: where it is, when and by whom it was said.

use chrono::{DateTime, Utc};
use contract::{Recorded, WorkspaceEvent};

/// An event of the stream `workspace` on its way into a fold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    /// Its sequence.
    pub sequence: u64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: Option<&'a str>,
    /// The facts.
    pub event: &'a WorkspaceEvent,
}

impl<'a> Said<'a> {
    /// An event as the log has it.
    pub(crate) fn of(recorded: &'a Recorded, event: &'a WorkspaceEvent) -> Self {
        Self { sequence: recorded.sequence, at: recorded.time, actor: recorded.context.actor.as_deref(), event }
    }
}
