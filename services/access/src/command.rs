//! The way of a command: read what is so from the log, decide, append under the condition that it is still so.
//!
//! Nothing is locked. Whoever loses a race reads again and decides again. A first sign-in and the acceptance of an invitation touch a
//! person and workspaces at once: they are one atomic append, so there is never the one without the other.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{Context, Event, EventId, ProjectId, SYSTEM_ACTOR, Subject, UserId, WorkspaceEvent, WorkspaceId};
use journal::{Append, AppendError, Expect};

use crate::actor::Actor;
use crate::decide::{Command, Decision, Fact, State, WorkspaceCommand, decide, has_room};
use crate::error::Error;
use crate::person::Person;
use crate::said::Said;
use crate::workspace::Workspace;
use crate::{Access, ownership, store};

/// How often a command is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 16;
const SOURCE: &str = "/paige/access";

/// From where a command comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The id of the request.
    pub request: &'a str,
    /// Who asked; none: nobody who is signed in.
    pub actor: Option<Actor>,
}

/// A decision's ground: the state, and the sequence of every subject that it was read from.
struct Ground {
    state: State,
    sequences: Vec<(Subject, u64)>,
}

impl Access {
    /// Carries out `command` and gives what is so then. The tables show it when this returns, unless the platform database is down:
    /// the follower brings it there later.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Contended`]; [`Error::Append`] and [`Error::Log`] while the log is unavailable.
    pub(crate) async fn command(&self, command: &Command, origin: Origin<'_>) -> Result<State, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let ground = self.ground(command).await?;
            let now = self.clock.now();
            let Decision { facts, refusal } = decide(&ground.state, command, now)?;
            let state = if facts.is_empty() { Some(ground.state) } else { self.append(ground, facts, now, origin).await? };
            match (state, refusal) {
                (None, _) => {}
                (Some(_), Some(refusal)) => return Err(refusal.into()),
                (Some(state), None) => return Ok(state),
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    /// None: others were faster.
    async fn append(&self, ground: Ground, facts: Vec<Fact>, now: DateTime<Utc>, origin: Origin<'_>) -> Result<Option<State>, Error> {
        let context = origin.context();
        let mut appends: Vec<Append> = Vec::new();
        for Fact { subject, event } in &facts {
            let event = event.clone().into_new(EventId::from_ulid(self.ids.ulid()), SOURCE, now, context.clone());
            match appends.iter_mut().find(|append| append.subject == *subject) {
                Some(append) => append.events.push(event),
                None => appends.push(Append { expect: ground.expect(subject), subject: subject.clone(), events: vec![event] }),
            }
        }
        let subjects: Vec<(Subject, usize)> = appends.iter().map(|append| (append.subject.clone(), append.events.len())).collect();
        let positions = match self.journal.append_all(appends).await {
            Ok(positions) => positions,
            Err(AppendError::Conflict { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Ground { mut state, .. } = ground;
        for ((subject, count), position) in subjects.iter().zip(positions) {
            let first = (position.sequence + 1).saturating_sub(*count as u64);
            let events = facts.iter().filter(|fact| fact.subject == *subject);
            let said = (first..).zip(events).map(|(sequence, fact)| Said {
                sequence,
                at: now,
                actor: context.actor.as_deref(),
                event: &fact.event,
            });
            self.show(&mut state, subject, said).await;
        }
        Ok(Some(state))
    }

    /// Folds what was said about one entity, and puts it where readers look, so that a read after this write sees it. The log has it
    /// already: failing here is no failure.
    async fn show(&self, state: &mut State, subject: &Subject, mut said: impl Iterator<Item = Said<'_>>) {
        let saved = if let Some(user) = user_of(subject) {
            state.person = said.fold(state.person.take(), |person, said| Person::fold(person, user, said));
            store::people::save(&self.pool, state.person.as_ref()).await
        } else if let Some(id) = workspace_of(subject) {
            let own = state.workspace.as_ref().is_none_or(|workspace| workspace.id == id);
            let before = if own { state.workspace.take() } else { None };
            let after = said.by_ref().fold(before, |workspace, said| Workspace::fold(workspace, id, said));
            let saved = store::workspaces::save(&self.pool, after.as_ref()).await;
            if own {
                state.workspace = after;
            }
            saved
        } else {
            Ok(())
        };
        if let Err(error) = saved {
            tracing::warn!(%subject, error = %chassis::error_chain(&error), "the tables will show it later");
        }
    }

    async fn ground(&self, command: &Command) -> Result<Ground, Error> {
        let mut ground = Ground { state: State::default(), sequences: Vec::new() };
        match command {
            Command::Person { user, .. } => self.read_person(&mut ground, *user).await?,
            Command::Workspace { workspace, command, .. } => {
                self.read_workspace(&mut ground, *workspace).await?;
                if let Some(project) = project_named(command) {
                    ground.state.project_owner = ownership::owner(&self.journal, project).await?;
                }
                if let WorkspaceCommand::Permit { user, .. } = command {
                    ground.state.strays = self.strays(&ground, *user).await?;
                }
                if matches!(command, WorkspaceCommand::Delete { .. }) {
                    ground.state.owns_projects = ownership::owns_any(&self.journal, *workspace).await?;
                }
            }
            Command::AcceptLink { workspace, user, .. } => {
                // The person first: who was registered by this very link has left no pending invitation behind.
                self.read_person(&mut ground, *user).await?;
                self.read_workspace(&mut ground, *workspace).await?;
            }
        }
        Ok(ground)
    }

    /// Of the projects in which a member was permitted something, those that are gone or belong to another workspace now. The log is asked
    /// about each of them, so this is done only when there is no room for another permission.
    async fn strays(&self, ground: &Ground, user: UserId) -> Result<BTreeSet<ProjectId>, Error> {
        let mut strays = BTreeSet::new();
        let Some(workspace) = &ground.state.workspace else { return Ok(strays) };
        let Some(member) = workspace.members.get(&user).filter(|member| !has_room(member)) else { return Ok(strays) };
        for project in member.permissions.keys() {
            if ownership::owner(&self.journal, *project).await? != Some(workspace.id) {
                strays.insert(*project);
            }
        }
        Ok(strays)
    }

    async fn read_person(&self, ground: &mut Ground, user: UserId) -> Result<(), Error> {
        let (person, sequence) = self.person(user).await?;
        ground.state.person = person;
        ground.sequences.push((Subject::user(user), sequence));
        Ok(())
    }

    async fn read_workspace(&self, ground: &mut Ground, workspace: WorkspaceId) -> Result<(), Error> {
        let (is, sequence) = self.workspace(workspace).await?;
        ground.state.workspace = is;
        ground.sequences.push((Subject::workspace(workspace), sequence));
        Ok(())
    }

    /// A person as the log has them, and the last sequence about them.
    pub(crate) async fn person(&self, user: UserId) -> Result<(Option<Person>, u64), Error> {
        let (mut person, mut last) = (None, 0);
        for recorded in self.journal.entity(&Subject::user(user)).await? {
            last = recorded.sequence;
            person = Person::fold(person, user, Said::of(&recorded, &WorkspaceEvent::read(&recorded)?));
        }
        Ok((person, last))
    }

    /// A workspace as the log has it, and the last sequence about it.
    pub(crate) async fn workspace(&self, id: WorkspaceId) -> Result<(Option<Workspace>, u64), Error> {
        let (mut workspace, mut last) = (Workspace::initial(id), 0);
        for recorded in self.journal.entity(&Subject::workspace(id)).await? {
            last = recorded.sequence;
            workspace = Workspace::fold(workspace, id, Said::of(&recorded, &WorkspaceEvent::read(&recorded)?));
        }
        Ok((workspace, last))
    }
}

/// The project of which it matters whose it is.
fn project_named(command: &WorkspaceCommand) -> Option<ProjectId> {
    match command {
        WorkspaceCommand::Permit { project, .. } | WorkspaceCommand::RevokeKeysOf { project } => Some(*project),
        WorkspaceCommand::IssueKey(key) => key.project,
        WorkspaceCommand::Create { .. }
        | WorkspaceCommand::Rename { .. }
        | WorkspaceCommand::Delete { .. }
        | WorkspaceCommand::TransferOwnership { .. }
        | WorkspaceCommand::Leave { .. }
        | WorkspaceCommand::ChangeRole { .. }
        | WorkspaceCommand::Remove { .. }
        | WorkspaceCommand::Invite { .. }
        | WorkspaceCommand::Resend { .. }
        | WorkspaceCommand::CancelInvite { .. }
        | WorkspaceCommand::Accept { .. }
        | WorkspaceCommand::Decline { .. }
        | WorkspaceCommand::RotateKey { .. }
        | WorkspaceCommand::RevokeKey { .. } => None,
    }
}

/// The person of `workspace.user.<usr>`.
pub(crate) fn user_of(subject: &Subject) -> Option<UserId> {
    (subject.token(1) == Some("user")).then(|| subject.token(2)?.parse().ok())?
}

/// The workspace of `workspace.<wsp>`.
pub(crate) fn workspace_of(subject: &Subject) -> Option<WorkspaceId> {
    subject.token(1)?.parse().ok()
}

impl Ground {
    fn expect(&self, subject: &Subject) -> Expect {
        match self.sequences.iter().find(|(of, _)| of == subject) {
            Some((_, 0)) | None => Expect::New,
            Some((_, sequence)) => Expect::At(*sequence),
        }
    }
}

impl Origin<'_> {
    fn context(self) -> Context {
        // A code is issued because a stranger asked.
        let actor = self.actor.map_or_else(|| SYSTEM_ACTOR.to_owned(), |actor| actor.to_string());
        Context::of_request(self.request, &actor, chassis::traceparent::current())
    }
}
