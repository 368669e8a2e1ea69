//! The way of a command: read what is so from the log, decide, append under the condition that it is still so.
//!
//! Nothing is locked. Whoever loses a race reads again and decides again; a claim of a number is guarded by the number's own
//! subject in the same atomic append, so two projects cannot both win it.

use chrono::{DateTime, Utc};
use contract::{Context, Event, EventId, NewEvent, ProjectEvent, ProjectId, Subject};
use journal::{Append, AppendError, Position};

use crate::decide::{Command, Fact, Refusal, decide};
use crate::error::Error;
use crate::ground::Ground;
use crate::origin::Origin;
use crate::project::Project;
use crate::project::fold::At;
use crate::{Lifecycle, store};

/// How often a command is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 16;
pub(crate) const SOURCE: &str = "/paige/lifecycle";

/// What came of one attempt to append.
enum Attempt {
    /// It is in the log, and the project is this now; none: it is gone.
    Appended(Option<Box<Project>>),
    /// Others were faster.
    Lost,
    /// The same cause had its effect already.
    Repeated,
}

impl Lifecycle {
    /// Carries out `command` on project `id` and gives the project as it is then. The tables show it when this returns, unless the
    /// platform database is down: the follower brings it there later.
    ///
    /// `version`: the version that the project must have, if the caller cares.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Changed`], [`Error::Contended`]; [`Error::Append`] and [`Error::Log`] while the log is unavailable.
    pub(crate) async fn command(
        &self,
        id: ProjectId,
        command: &Command,
        version: Option<u64>,
        origin: &Origin<'_>,
    ) -> Result<Project, Error> {
        self.carry_out(id, command, version, origin).await?.ok_or(Error::Refused(Refusal::NoProject))
    }

    /// As [`Self::command`], of a project that may be gone before or after: then it gives none.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn carry_out(
        &self,
        id: ProjectId,
        command: &Command,
        version: Option<u64>,
        origin: &Origin<'_>,
    ) -> Result<Option<Project>, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let ground = self.ground(id, command.claims()).await?;
            if let (Some(wanted), Some(project)) = (version, &ground.state.project)
                && wanted != project.version
            {
                return Err(Error::Changed { actual: project.version });
            }
            let now = self.clock.now();
            let facts = decide(&ground.state, id, command, now)?;
            let attempt = if facts.is_empty() {
                Attempt::Appended(ground.state.project.map(Box::new))
            } else {
                self.append(id, ground, facts, now, origin).await?
            };
            let project = match attempt {
                Attempt::Lost => continue,
                Attempt::Appended(project) => project.map(|project| *project),
                Attempt::Repeated => self.ground(id, None).await?.state.project,
            };
            if let Some(project) = &project {
                self.show(project).await;
            }
            return Ok(project);
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    async fn append(
        &self,
        id: ProjectId,
        ground: Ground,
        facts: Vec<Fact>,
        now: DateTime<Utc>,
        origin: &Origin<'_>,
    ) -> Result<Attempt, Error> {
        let subject = Subject::project(id);
        let events: Vec<ProjectEvent> = facts.iter().filter(|fact| fact.subject == subject).map(|fact| fact.event.clone()).collect();
        let created = events.iter().any(|event| matches!(event, ProjectEvent::ProjectCreated(_)));
        let mut appends: Vec<Append> = Vec::new();
        for fact in facts {
            let event = self.envelope(&fact, created, now, origin, ground.asked.as_ref());
            match appends.iter_mut().find(|append| append.subject == fact.subject) {
                Some(append) => append.events.push(event),
                None => appends.push(Append { expect: ground.expect(&fact.subject), subject: fact.subject, events: vec![event] }),
            }
        }
        let about_project = appends.iter().position(|append| append.subject == subject);
        let positions = match self.journal.append_all(appends).await {
            Ok(positions) => positions,
            Err(AppendError::Conflict { .. }) => return Ok(Attempt::Lost),
            Err(error) => return Err(error.into()),
        };
        // The event id was there before: perhaps with other content, so what is so must be read again.
        if positions.iter().any(|position| position.duplicate) {
            return Ok(if matches!(origin, Origin::Event(_)) { Attempt::Repeated } else { Attempt::Lost });
        }
        let Some(Position { sequence: last, .. }) = about_project.and_then(|index| positions.get(index)) else { return Ok(Attempt::Lost) };
        // The events of one append follow each other without gap.
        let first = (last + 1).saturating_sub(events.len() as u64);
        let project = (first..)
            .zip(&events)
            .fold(ground.state.project, |state, (sequence, event)| Project::fold(state, id, At { event, sequence, time: now }));
        Ok(Attempt::Appended(project.map(Box::new)))
    }

    fn envelope(&self, fact: &Fact, created: bool, now: DateTime<Utc>, origin: &Origin<'_>, asked: Option<&Context>) -> NewEvent {
        let event_type = fact.event.event_type();
        let id = match origin {
            Origin::Event(cause) => EventId::derive(event_type, &[&cause.id.to_string(), fact.subject.as_str()]),
            // Two requests with one idempotency key say the same under the same id.
            Origin::Request { .. } | Origin::Operation(_) | Origin::Clock if created => {
                EventId::derive(event_type, &[fact.subject.as_str()])
            }
            Origin::Request { .. } | Origin::Operation(_) | Origin::Clock => EventId::from_ulid(self.ids.ulid()),
        };
        fact.event.clone().into_new(id, SOURCE, now, origin.context_of(&fact.event, asked))
    }

    /// Puts the project where readers look, so that a read after this write sees it. The log has it already: failing here is no failure.
    async fn show(&self, project: &Project) {
        if let Err(error) = store::save_project(&self.pool, project).await {
            tracing::warn!(project.id = %project.id, error = %chassis::error_chain(&error), "the tables will show the project later");
        }
        self.changed();
    }
}
