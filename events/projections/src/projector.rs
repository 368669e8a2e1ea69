//! The live driver: a batch of one project's events, one transaction.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use contract::{ConversationEvent, DecodeError, Event, ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use sqlx::PgConnection;

use crate::checkpoint::{Checkpoint, Moving};
use crate::flush::Flush;
use crate::keys::Keys;
use crate::load::load;
use crate::save::save;
use crate::{Error, ProjectDatabases, checkpoint, fold};

/// How often a batch is read and folded again because somebody else wrote to the same tables meanwhile.
const ATTEMPTS_MAX: u32 = 8;

/// Applies events to the tables of their projects. Cheap to clone.
#[derive(Clone)]
pub struct Projector {
    databases: ProjectDatabases,
    log_created: DateTime<Utc>,
    log: Option<Log>,
    flush: Option<Arc<Flush>>,
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
        Self { databases, log_created, log: None, flush: None }
    }

    /// Commits without waiting for the disk. The caller must be able to apply again everything since the last time that
    /// [`Projector::settle`] succeeded.
    #[must_use]
    pub fn unflushed(self) -> Self {
        Self { flush: Some(Arc::new(Flush::new(self.databases.server()))), ..self }
    }

    /// Waits until everything that was applied is on the disk.
    ///
    /// # Errors
    /// Some of it may be gone. It stays so, and nothing more is applied; another projector may apply everything again.
    pub async fn settle(&self) -> Result<(), Error> {
        match &self.flush {
            Some(flush) => flush.settle().await,
            None => Ok(()),
        }
    }

    /// Before the first batch of each project, makes sure that the log still has the event that the project's tables stand at.
    #[must_use]
    pub fn checking(self, journal: Journal) -> Self {
        Self { log: Some(Log { journal, checked: Arc::default() }), ..self }
    }

    /// Applies events of one project, in order. Events that the tables already hold are skipped, and an event that cannot be read ends the
    /// batch before it. The rest is applied in one transaction.
    pub async fn apply(&self, project: ProjectId, events: &[Recorded]) -> Result<Applied, Error> {
        if let Some(flush) = &self.flush {
            flush.watch().await?;
        }
        let mut connection = self.databases.connect(project).await?;
        let applied = self.apply_with(&mut connection, project, events).await?;
        connection.hand_back();
        Ok(applied)
    }

    async fn apply_with(&self, connection: &mut PgConnection, project: ProjectId, events: &[Recorded]) -> Result<Applied, Error> {
        let mut facts: Vec<_> = events.iter().map(ConversationEvent::decode).collect();
        let mut keys = Keys::default();
        for (event, fact) in events.iter().zip(&facts) {
            fact.iter().for_each(|fact| keys.add(event, fact));
        }
        for _ in 0..ATTEMPTS_MAX {
            if let Some(applied) = self.attempt(connection, project, (events, facts), &keys).await? {
                return Ok(applied);
            }
            facts = events.iter().map(ConversationEvent::decode).collect();
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    /// Reads, folds, and writes in one transaction; `None` if somebody else wrote between, and nothing is changed then.
    async fn attempt(
        &self,
        connection: &mut PgConnection,
        project: ProjectId,
        (events, facts): (&[Recorded], Vec<Result<ConversationEvent, DecodeError>>),
        keys: &Keys,
    ) -> Result<Option<Applied>, Error> {
        let (seen, mut rows) = load(connection, keys, self.log_created).await?;
        let Some(seen) = seen else {
            checkpoint::create(connection, self.log_created).await?;
            return Ok(None);
        };
        let checkpoint = seen.checkpoint;
        if let Some(log) = &self.log {
            log.check(project, checkpoint).await?;
        }
        if let Some(flush) = &self.flush {
            flush.compare(project, checkpoint.sequence)?;
        }
        let known = events.partition_point(|event| event.sequence <= checkpoint.sequence);
        let (mut last, mut stopped) = (None, None);
        for (event, fact) in events.iter().zip(facts).skip(known) {
            match fact {
                Ok(fact) => fold(&mut rows, event.subject.contact_id(), event, fact),
                Err(source) => {
                    stopped = Some(Error::Event { sequence: event.sequence, source });
                    break;
                }
            }
            last = Some(event);
        }
        let Some(last) = last else {
            self.note(project, checkpoint.sequence);
            return Ok(Some(Applied { checkpoint: checkpoint.sequence, done: known, stopped }));
        };
        let moving = Moving { seen, to: last, flushed: self.flush.is_none() };
        if !save(connection, &rows, moving).await? {
            return Ok(None);
        }
        self.note(project, last.sequence);
        if let Some(log) = &self.log {
            log.trust(project);
        }
        let done = events.partition_point(|event| event.sequence <= last.sequence);
        Ok(Some(Applied { checkpoint: last.sequence, done, stopped }))
    }

    /// The tables of a project are here.
    fn note(&self, project: ProjectId, sequence: u64) {
        if let Some(flush) = &self.flush {
            flush.reached(project, sequence);
        }
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
