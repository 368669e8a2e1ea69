//! The way of a command: read what is so from the log, decide, append under the condition that it is still so.
//!
//! Nothing is locked. Who loses a race reads again and decides again; a claim of a number is guarded by the number's own
//! subject in the same atomic append, so two projects cannot both win it.

use contract::{Context, Event, EventId, NewEvent, ProjectEvent, ProjectId, Recorded, Subject};
use journal::{Append, Expect, Position};

use crate::decide::{Command, Fact, State, decide};
use crate::error::Error;
use crate::number::MetaId;
use crate::project::Project;
use crate::{Lifecycle, store};

/// How often a command is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 16;
const SOURCE: &str = "/paige/lifecycle";
/// Whoever holds the one key of the API, until keys have owners.
const API_KEY_ACTOR: &str = "key_platform";

/// From where a command comes.
#[derive(Debug, Clone)]
pub(crate) enum Origin<'a> {
    /// A request, by its id.
    Request(&'a str),
    /// An event that was followed.
    Event(&'a Recorded),
}

impl Origin<'_> {
    fn context(&self) -> Context {
        match self {
            Self::Request(id) => Context {
                traceparent: chassis::traceparent::current(),
                correlation: Some((*id).to_owned()),
                causation: None,
                actor: Some(API_KEY_ACTOR.to_owned()),
            },
            Self::Event(event) => Context {
                traceparent: chassis::traceparent::current().or_else(|| event.context.traceparent.clone()),
                correlation: event.context.correlation.clone(),
                causation: Some(event.id),
                actor: Some("system".to_owned()),
            },
        }
    }
}

/// A decision's ground: the state, and the sequence of every subject that it was read from.
struct Ground {
    state: State,
    sequences: Vec<(Subject, u64)>,
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
        for _ in 0..ATTEMPTS_MAX {
            let ground = self.ground(id, command).await?;
            if let (Some(wanted), Some(project)) = (version, &ground.state.project)
                && wanted != project.version
            {
                return Err(Error::Changed { actual: project.version });
            }
            let facts = decide(&ground.state, id, command)?;
            let project = if facts.is_empty() { ground.state.project } else { self.append(id, ground, facts, origin).await? };
            if let Some(project) = project {
                self.show(&project).await;
                return Ok(project);
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    /// None: others were faster.
    async fn append(&self, id: ProjectId, ground: Ground, facts: Vec<Fact>, origin: &Origin<'_>) -> Result<Option<Project>, Error> {
        let now = self.clock.now();
        let events: Vec<ProjectEvent> =
            facts.iter().filter(|fact| fact.subject == Subject::project(id)).map(|fact| fact.event.clone()).collect();
        let mut appends: Vec<Append> = Vec::new();
        for fact in facts {
            let event = self.envelope(&fact, now, origin);
            match appends.iter_mut().find(|append| append.subject == fact.subject) {
                Some(append) => append.events.push(event),
                None => appends.push(Append { expect: ground.expect(&fact.subject), subject: fact.subject, events: vec![event] }),
            }
        }
        let about_project = appends.iter().position(|append| append.subject == Subject::project(id));
        let positions = match self.journal.append_all(appends).await {
            Ok(positions) => positions,
            Err(journal::AppendError::Conflict { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // The event id was there before: perhaps with other content, so what is so must be read again.
        if positions.iter().any(|position| position.duplicate) {
            return Ok(None);
        }
        let Some(Position { sequence, .. }) = about_project.and_then(|index| positions.get(index)) else { return Ok(None) };
        Ok(events.iter().fold(ground.state.project, |state, event| Project::fold(state, id, *sequence, now, event)))
    }

    fn envelope(&self, fact: &Fact, now: chrono::DateTime<chrono::Utc>, origin: &Origin<'_>) -> NewEvent {
        let id = match (origin, &fact.event) {
            (Origin::Event(cause), event) => EventId::derive(event.event_type(), &[&cause.id.to_string(), fact.subject.as_str()]),
            (Origin::Request(_), ProjectEvent::ProjectCreated(_)) => EventId::derive(fact.event.event_type(), &[fact.subject.as_str()]),
            (Origin::Request(_), _) => EventId::from_ulid(self.ids.ulid()),
        };
        fact.event.clone().into_new(id, SOURCE, now, origin.context())
    }

    async fn ground(&self, id: ProjectId, command: &Command) -> Result<Ground, Error> {
        let subject = Subject::project(id);
        let mut ground = Ground { state: State::default(), sequences: Vec::new() };
        let mut last = 0;
        for recorded in self.journal.entity(&subject).await? {
            last = recorded.sequence;
            let project = ground.state.project.take();
            ground.state.project = Project::fold(project, id, recorded.sequence, recorded.time, &decode(&recorded)?);
        }
        ground.sequences.push((subject, last));
        let old = ground.state.project.as_ref().and_then(|project| project.number.as_ref()).map(|number| number.id.clone());
        let new = if let Command::ConnectNumber(number) = command { Some(&number.id) } else { None };
        if let Some(new) = new {
            ground.state.number_holder = self.claim(new, &mut ground.sequences).await?;
        }
        if let Some(old) = old.filter(|old| Some(old) != new) {
            self.claim(&old, &mut ground.sequences).await?;
        }
        Ok(ground)
    }

    /// Who holds `number`.
    async fn claim(&self, number: &MetaId, sequences: &mut Vec<(Subject, u64)>) -> Result<Option<ProjectId>, Error> {
        let subject = number.claim();
        let last = self.journal.last(&subject).await?;
        sequences.push((subject, last.as_ref().map_or(0, |recorded| recorded.sequence)));
        Ok(match last.as_ref().map(decode).transpose()? {
            Some(ProjectEvent::NumberClaimed(claimed)) => Some(claimed.project),
            Some(
                ProjectEvent::NumberReleased(_)
                | ProjectEvent::ProjectCreated(_)
                | ProjectEvent::ProjectReady(_)
                | ProjectEvent::ProjectFailed(_)
                | ProjectEvent::NumberConnected(_)
                | ProjectEvent::NumberDisconnected(_)
                | ProjectEvent::ProjectUpdated(_)
                | ProjectEvent::ProjectSuspended(_)
                | ProjectEvent::ProjectRestored(_)
                | ProjectEvent::ProjectTransferred(_)
                | ProjectEvent::ProjectErased(_)
                | ProjectEvent::TransferRequested(_)
                | ProjectEvent::TransferEnded(_)
                | ProjectEvent::OperationStarted(_)
                | ProjectEvent::OperationStepCompleted(_)
                | ProjectEvent::OperationFailed(_)
                | ProjectEvent::OperationRetried(_)
                | ProjectEvent::OperationCompleted(_)
                | ProjectEvent::NumberOffered(_)
                | ProjectEvent::NumberDescribed(_)
                | ProjectEvent::BusinessProfileChanged(_)
                | ProjectEvent::DisplayNameRequested(_)
                | ProjectEvent::DisplayNameDecided(_)
                | ProjectEvent::DataKeyCreated(_),
            )
            | None => None,
        })
    }

    /// Puts the project where readers look, so that a read after this write sees it. The log has it already: failing here is no failure.
    async fn show(&self, project: &Project) {
        if let Err(error) = store::save_project(&self.pool, project).await {
            tracing::warn!(project.id = %project.id, error = %error.chain(), "the tables will show the project later");
        }
    }
}

impl Ground {
    fn expect(&self, subject: &Subject) -> Expect {
        match self.sequences.iter().find(|(of, _)| of == subject) {
            Some((_, 0)) | None => Expect::New,
            Some((_, sequence)) => Expect::At(*sequence),
        }
    }
}

/// Reads an event of the stream `project`.
pub(crate) fn decode(recorded: &Recorded) -> Result<ProjectEvent, Error> {
    ProjectEvent::decode(recorded).map_err(|source| Error::Decode {
        subject: recorded.subject.to_string(),
        sequence: recorded.sequence,
        source,
    })
}
