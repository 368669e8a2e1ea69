//! The live driver: a batch of one project's events, one transaction.

use chrono::{DateTime, Utc};
use contract::{ConversationEvent, Event, ProjectId, Recorded};
use sqlx::Connection;

use crate::load::{Keys, load};
use crate::save::save;
use crate::{Error, ProjectDatabases, checkpoint, fold};

/// Applies events to the tables of their projects. Cheap to clone.
#[derive(Clone)]
pub struct Projector {
    databases: ProjectDatabases,
    log_created: DateTime<Utc>,
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
        Self { databases, log_created }
    }

    /// Applies events of one project, in order. Those that the tables already hold are passed over; an unreadable one ends the
    /// batch before it. Everything else happens as a whole or not at all.
    pub async fn apply(&self, project: ProjectId, events: &[Recorded]) -> Result<Applied, Error> {
        let mut connection = self.databases.pool(project).acquire().await?;
        let mut transaction = connection.begin().await?;
        let checkpoint = checkpoint::lock(&mut transaction, self.log_created).await?;
        let known = events.partition_point(|event| event.sequence <= checkpoint.sequence);
        let (facts, stopped) = decode(&events[known..]);
        let done = known + facts.len();
        let Some((last, _)) = facts.last() else {
            return Ok(Applied { checkpoint: checkpoint.sequence, done, stopped });
        };
        let reached = last.sequence;
        let mut keys = Keys::default();
        for (event, fact) in &facts {
            keys.add(event, fact);
        }
        let mut rows = load(&mut transaction, &keys).await?;
        for (event, fact) in facts {
            fold(&mut rows, event.subject.contact_id(), event, fact);
        }
        save(&mut transaction, &rows).await?;
        checkpoint::advance(&mut transaction, reached).await?;
        transaction.commit().await?;
        Ok(Applied { checkpoint: reached, done, stopped })
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
