//! The way of a change: read what the tables show, decide, append under the condition that the contact is still so.
//!
//! The tables are behind the log. Whoever loses to another waits until they show what the other wrote and decides again; and nothing is
//! refused for what the tables do not show yet.

use std::time::Duration;

use contract::{ContactId, Context, ConversationEvent, Event, EventId, NewEvent, ProjectId, Stream, Subject};
use journal::{AppendError, Expect};
use sqlx::{PgPool, Row};
use tokio::time::Instant;

use crate::{Conversations, Error};

const SOURCE: &str = "/paige/conversations";
/// How often a change is decided anew because others were faster.
pub(crate) const ATTEMPTS_MAX: u32 = 16;
/// How long the tables may take to show what the log has.
const CATCH_UP_TIME_MAX: Duration = Duration::from_secs(5);
/// How long an answer waits for the tables to show what it tells of. Then it is given all the same: the log has it.
const SHOW_TIME_MAX: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(2);
const POLL_MAX: Duration = Duration::from_millis(50);

/// What came of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is in the log, up to this sequence.
    Stored(u64),
    /// Others were faster: the tables must show this sequence before it is decided again.
    Lost(u64),
}

impl Conversations {
    /// Appends to a contact's subject, if its last event is still the one of `version`; 0: it has none.
    pub(crate) async fn write(
        &self,
        project: ProjectId,
        contact: ContactId,
        version: u64,
        events: Vec<NewEvent>,
    ) -> Result<Written, Error> {
        let expect = if version == 0 { Expect::New } else { Expect::At(version) };
        match self.journal.append(&Subject::conversation(project, contact), expect, events).await {
            // An event of that id was there before, perhaps decided differently.
            Ok(position) if position.duplicate => Ok(Written::Lost(position.sequence)),
            Ok(position) => Ok(Written::Stored(position.sequence)),
            Err(AppendError::Conflict { actual, .. }) => Ok(Written::Lost(actual)),
            Err(error) => Err(error.into()),
        }
    }

    /// An event that follows from `parts` alone: whoever decides it a second time says it under the same id.
    pub(crate) fn derived(&self, fact: ConversationEvent, parts: &[&str], context: &Context) -> NewEvent {
        let id = EventId::derive(fact.event_type(), parts);
        fact.into_new(id, SOURCE, self.clock.now(), context.clone())
    }

    /// An event that happens each time anew.
    pub(crate) fn fresh(&self, fact: ConversationEvent, context: &Context) -> NewEvent {
        fact.into_new(EventId::from_ulid(self.ids.ulid()), SOURCE, self.clock.now(), context.clone())
    }

    /// Waits until the tables show everything that the log has of a contact now; of nobody, of the whole project.
    pub(crate) async fn catch_up(&self, database: &PgPool, project: ProjectId, contact: Option<ContactId>) -> Result<(), Error> {
        let last = match contact {
            Some(contact) => self.journal.last_sequence(Stream::Conversation, Subject::conversation(project, contact).as_str()).await?,
            None => self.journal.last_sequence(Stream::Conversation, &format!("conversation.{project}.>")).await?,
        };
        wait_for(database, last, CATCH_UP_TIME_MAX).await
    }

    /// Waits until the tables show a sequence.
    pub(crate) async fn wait_for(&self, database: &PgPool, sequence: u64) -> Result<(), Error> {
        wait_for(database, sequence, CATCH_UP_TIME_MAX).await
    }

    /// Gives the tables a moment, so that who reads what was just answered finds it.
    pub(crate) async fn show(&self, database: &PgPool, sequence: u64) {
        if let Err(error) = wait_for(database, sequence, SHOW_TIME_MAX).await {
            tracing::debug!(%error, stream.seq = sequence, "the tables will show it later");
        }
    }
}

async fn wait_for(database: &PgPool, sequence: u64, time_max: Duration) -> Result<(), Error> {
    let began = Instant::now();
    let mut pause = POLL;
    loop {
        let row = sqlx::query("SELECT coalesce(max(sequence), 0) FROM paige.checkpoint").fetch_one(database).await?;
        let shown = u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
        if shown >= sequence {
            return Ok(());
        }
        if began.elapsed() >= time_max {
            return Err(Error::TablesBehind { shown, sequence });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(POLL_MAX);
    }
}
