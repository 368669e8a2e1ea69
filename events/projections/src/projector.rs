//! The live driver: a batch of one project's events, one transaction.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use contract::{ConversationEvent, Event, ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use sqlx::Connection;

use crate::checkpoint::Checkpoint;
use crate::load::{Keys, load};
use crate::save::save;
use crate::{Error, ProjectDatabases, checkpoint, fold};

/// Applies events to the tables of their projects. Cheap to clone.
#[derive(Clone)]
pub struct Projector {
    databases: ProjectDatabases,
    log_created: DateTime<Utc>,
    log: Option<Log>,
}

/// The log, for a look at it before a project's tables are touched for the first time.
#[derive(Clone)]
struct Log {
    journal: Journal,
    checked: Arc<Mutex<HashSet<ProjectId>>>,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Applied {
    /// The tables hold everything up to this sequence.
    pub checkpoint: u64,
    /// How many events of the batch are in the tables now.
    pub done: usize,
    /// Why the event after those is not.
    pub stopped: Option<Error>,
}

impl Projector {
    /// `log_created` is the identity of the `conversation` stream.
    pub fn new(databases: ProjectDatabases, log_created: DateTime<Utc>) -> Self {
        Self { databases, log_created, log: None }
    }

    /// Before the first batch of each project, makes sure that the log still has the event that the project's tables stand at.
    #[must_use]
    pub fn checking(self, journal: Journal) -> Self {
        Self { log: Some(Log { journal, checked: Arc::default() }), ..self }
    }

    /// Applies events of one project, in order. Those that the tables already hold are passed over; an unreadable one ends the
    /// batch before it. Everything else happens as a whole or not at all.
    pub async fn apply(&self, project: ProjectId, events: &[Recorded]) -> Result<Applied, Error> {
        let mut connection = self.databases.pool(project).acquire().await?;
        let mut transaction = connection.begin().await?;
        let checkpoint = checkpoint::lock(&mut transaction, self.log_created).await?;
        if let Some(log) = &self.log {
            log.check(project, checkpoint).await?;
        }
        let known = events.partition_point(|event| event.sequence <= checkpoint.sequence);
        let (facts, stopped) = decode(&events[known..]);
        let done = known + facts.len();
        let Some((last, _)) = facts.last() else {
            return Ok(Applied { checkpoint: checkpoint.sequence, done, stopped });
        };
        let last = *last;
        let mut keys = Keys::default();
        for (event, fact) in &facts {
            keys.add(event, fact);
        }
        let mut rows = load(&mut transaction, &keys).await?;
        for (event, fact) in facts {
            fold(&mut rows, event.subject.contact_id(), event, fact);
        }
        save(&mut transaction, &rows).await?;
        checkpoint::advance_to(&mut transaction, last).await?;
        transaction.commit().await?;
        if let Some(log) = &self.log {
            log.trust(project);
        }
        Ok(Applied { checkpoint: last.sequence, done, stopped })
    }
}

impl Log {
    async fn check(&self, project: ProjectId, checkpoint: Checkpoint) -> Result<(), Error> {
        let Checkpoint { sequence, event: Some(id) } = checkpoint else { return Ok(()) };
        if self.checked.lock().unwrap_or_else(PoisonError::into_inner).contains(&project) {
            return Ok(());
        }
        let last = self.journal.state(Stream::Conversation).await?.last;
        if sequence > last {
            return Err(Error::AheadOfLog { checkpoint: sequence, last });
        }
        let range = Range { from: sequence, through: Some(sequence) };
        let mut found = std::pin::pin!(self.journal.replay(Stream::Conversation, range, Filter::all()));
        match found.next().await.transpose()? {
            Some(event) if event.id == id => {
                self.trust(project);
                Ok(())
            }
            _another_or_none => Err(Error::Forked { sequence }),
        }
    }

    /// The tables stand at an event of this log: that was checked, or this process has put them there.
    fn trust(&self, project: ProjectId) {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).insert(project);
    }
}

fn decode(events: &[Recorded]) -> (Vec<(&Recorded, ConversationEvent)>, Option<Error>) {
    let mut facts = Vec::with_capacity(events.len());
    for event in events {
        match ConversationEvent::decode(event) {
            Ok(fact) => facts.push((event, fact)),
            Err(source) => return (facts, Some(Error::Event { sequence: event.sequence, source })),
        }
    }
    (facts, None)
}
