//! The code of one bot as the log tells it, folded from `bot.<prj>`.

use chrono::{DateTime, Utc};
use contract::{BotEvent, Event, OperationId, ProjectId, Recorded, Subject};

use crate::Bots;
use crate::error::Error;

/// One step in the history of a bot's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The version from then on.
    pub version: String,
    /// The version before it; absent: it was the first.
    pub parent: Option<String>,
    /// `initialised`, `committed` or `reset`.
    pub kind: &'static str,
    /// What changed, for people.
    pub message: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Option<String>,
    /// Its place in the log.
    pub sequence: u64,
}

/// What the log says about the code of one bot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code {
    /// Every change, in order.
    pub changes: Vec<Change>,
    /// Operations whose reset was done.
    pub resets: Vec<OperationId>,
    /// The operation that erased it.
    pub erased: Option<OperationId>,
    /// The sequence of the last event; 0: none.
    pub sequence: u64,
}

impl Code {
    /// The version that is current; none before the first and after the end.
    pub fn current(&self) -> Option<&Change> {
        if self.erased.is_some() { None } else { self.changes.last() }
    }

    /// Applies one event.
    #[must_use]
    pub fn fold(mut self, recorded: &Recorded, event: BotEvent) -> Self {
        match event {
            BotEvent::CodeInitialised(event) => self.change(recorded, "initialised", event.version, None, None),
            BotEvent::CodeCommitted(event) => {
                self.change(recorded, "committed", event.version, Some(event.parent), Some(event.message));
            }
            BotEvent::CodeReset(event) => {
                self.change(recorded, "reset", event.version, Some(event.parent), None);
                self.resets.push(event.operation);
            }
            BotEvent::CodeErased(event) => self.erased = Some(event.operation),
        }
        self.sequence = recorded.sequence;
        self
    }

    fn change(&mut self, recorded: &Recorded, kind: &'static str, version: String, parent: Option<String>, message: Option<String>) {
        let (at, actor, sequence) = (recorded.time, recorded.context.actor.clone(), recorded.sequence);
        self.changes.push(Change { version, parent, kind, message, at, actor, sequence });
    }
}

impl Bots {
    /// What the log says about the code of `project`.
    ///
    /// # Errors
    /// [`Error::Log`], [`Error::Decode`].
    pub async fn code(&self, project: ProjectId) -> Result<Code, Error> {
        let mut code = Code::default();
        for recorded in self.journal.entity(&Subject::bot(project)).await? {
            let event = BotEvent::read(&recorded)?;
            code = code.fold(&recorded, event);
        }
        Ok(code)
    }
}
