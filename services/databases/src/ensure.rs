//! Brings one project's database to where the log wants it: steps in order, each reported when it is done.
//!
//! Every run goes through all steps, also those that were reported before: each costs little when it is done already, and a server that was
//! restored from yesterday is mended without anybody's help.

use std::collections::HashMap;

use contract::{
    Context, DatabaseEvent, DatabaseFailed, DatabaseReady, DatabaseStep, DatabaseStepCompleted, Event, EventId, NewEvent, ProjectId,
    Recorded, SYSTEM_ACTOR, Stream, Subject,
};
use futures::StreamExt;
use journal::{Expect, Filter, Range};

use crate::Databases;
use crate::error::Error;
use crate::login::Known;
use crate::names::Names;
use crate::progress::{Progress, Task};
use crate::provision::{Failure, Provision};

pub(crate) const SOURCE: &str = "/paige/databases";
/// Set by tests alone: what is called before each step.
pub type Hook = std::sync::Arc<dyn Fn(ProjectId, DatabaseStep) -> Result<(), Failure> + Send + Sync>;

impl Databases {
    /// Makes the database of `project`, or brings its system tables to the current version. Nothing, if that is done.
    ///
    /// `cause`: the event that asks for it.
    ///
    /// # Errors
    /// [`Error::Server`] is never [`Failure::Final`] for a database that is being made: that ends in `database_failed` in the log.
    pub async fn ensure(&self, project: ProjectId, cause: &Recorded) -> Result<(), Error> {
        self.make(project, cause, false).await
    }

    /// As [`Databases::ensure`], also when it was given up before.
    pub(crate) async fn ensure_again(&self, project: ProjectId, cause: &Recorded) -> Result<(), Error> {
        self.make(project, cause, true).await
    }

    async fn make(&self, project: ProjectId, cause: &Recorded, again: bool) -> Result<(), Error> {
        let look = async || -> Result<Progress, Error> {
            let mut progress = self.progress(project).await?;
            if again {
                progress.failed = None;
            }
            Ok(progress)
        };
        if look().await?.task(self.schema_version) == Task::Rest {
            return Ok(());
        }
        let mut provision = Provision::begin(&self.server, project).await?;
        // Somebody else may have been at it until now.
        let progress = look().await?;
        let result = match progress.task(self.schema_version) {
            Task::Rest => Ok(()),
            Task::Make | Task::Upgrade => self.work(&mut provision, project, progress, cause).await,
        };
        provision.end().await;
        result
    }

    /// What the log says about the database of `project`.
    ///
    /// # Errors
    /// [`Error::Log`], [`Error::Decode`].
    pub async fn progress(&self, project: ProjectId) -> Result<Progress, Error> {
        let mut progress = Progress::default();
        for recorded in self.journal.entity(&Subject::database(project)).await? {
            progress = progress.fold(recorded.sequence, recorded.id, DatabaseEvent::read(&recorded)?);
        }
        Ok(progress)
    }

    /// The same of every project, each with the last event that says so.
    ///
    /// # Errors
    /// As [`Databases::progress`].
    pub(crate) async fn progress_of_all(&self) -> Result<HashMap<ProjectId, (Progress, Recorded)>, Error> {
        let mut all: HashMap<ProjectId, (Progress, Recorded)> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Database, Range::ALL, Filter::all()));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(project) = recorded.subject.project_id() else { continue };
            let so_far = all.remove(&project).map(|(progress, _)| progress).unwrap_or_default();
            all.insert(project, (so_far.fold(recorded.sequence, recorded.id, DatabaseEvent::read(&recorded)?), recorded));
        }
        Ok(all)
    }

    async fn work(&self, provision: &mut Provision, project: ProjectId, mut progress: Progress, cause: &Recorded) -> Result<(), Error> {
        let task = progress.task(self.schema_version);
        let generation = Known { tenure: self.tenure(project).await?, rotation: progress.rotation() }.generation();
        for step in DatabaseStep::ALL {
            let done = match &self.hook {
                Some(hook) => hook(project, step),
                None => Ok(()),
            };
            let done = match done {
                Ok(()) => provision.step(step, generation).await,
                refused => refused,
            };
            match done {
                Ok(()) if progress.reported.contains(&step) => {}
                Ok(()) => progress.sequence = self.say(project, progress.sequence, DatabaseStepCompleted { step }, cause).await?,
                Err(Failure::Final(reason)) if task == Task::Make => {
                    provision.undo().await?;
                    tracing::error!(project.id = %project, step = step.as_str(), reason, "the database of a project cannot be made");
                    self.say(project, progress.sequence, DatabaseFailed { step, reason }, cause).await?;
                    return Ok(());
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        let Names { database, bot, .. } = Names::of(project);
        let ready = DatabaseReady {
            database: database.as_str().to_owned(),
            bot_role: bot.as_str().to_owned(),
            schema_version: self.schema_version,
        };
        self.say(project, progress.sequence, ready, cause).await?;
        tracing::info!(project.id = %project, schema_version = self.schema_version, "the database of a project is ready");
        Ok(())
    }

    /// Appends one event, if the subject is still at `sequence`, and gives its sequence.
    pub(crate) async fn say(
        &self,
        project: ProjectId,
        sequence: u64,
        event: impl Into<DatabaseEvent>,
        cause: &Recorded,
    ) -> Result<u64, Error> {
        let expect = if sequence == 0 { Expect::New } else { Expect::At(sequence) };
        let event = self.envelope(project, sequence, event.into(), cause);
        Ok(self.journal.append(&Subject::database(project), expect, vec![event]).await?.sequence)
    }

    fn envelope(&self, project: ProjectId, after: u64, event: DatabaseEvent, cause: &Recorded) -> NewEvent {
        let id = EventId::derive(event.event_type(), &[&project.to_string(), &after.to_string()]);
        let context = Context::following(cause, chassis::traceparent::after, SYSTEM_ACTOR);
        event.into_new(id, SOURCE, self.clock.now(), context)
    }
}
