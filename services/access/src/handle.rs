//! What access does with the events that it follows: its own into its tables, all that somebody did into the audit log, and what billing
//! wants people reminded of into mails. All of it can be delivered again, in part or from the beginning.

use std::time::Duration;

use contract::{Event, KeyId, ProjectEvent, ProjectId, Recorded, Stream, UserId, WorkspaceEvent, WorkspaceId};
use journal::{Follow, Handled, Handler, Stop};

use crate::actor::Actor;
use crate::audit::{Entry, KeyProjects};
use crate::command::{Origin, user_of, workspace_of};
use crate::decide::{Command, WorkspaceCommand};
use crate::error::Error;
use crate::refusal::Refusal;
use crate::{Access, store};

/// The service's name in positions and parked keys.
pub(crate) const SERVICE: &str = "access";
/// Entities handled at the same time.
const PARALLEL: usize = 4;
/// Events of one entity handed over at once.
pub(crate) const BATCH_MAX: usize = 256;
/// Between attempts while the log or the platform database does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);

/// Streams that are followed for the audit log alone.
pub(crate) const OTHERS: [Stream; 5] = [Stream::Database, Stream::Bot, Stream::Flow, Stream::Template, Stream::Media];

/// Follows `workspace`.
pub(crate) struct OnWorkspace(pub(crate) Access);
/// Follows `project`.
pub(crate) struct OnProject(pub(crate) Access);
/// Follows `billing`.
pub(crate) struct OnBilling(pub(crate) Access);
/// Follows one of [`OTHERS`].
pub(crate) struct OnOther(pub(crate) Access);

/// Which subjects of a stream are read: workspaces, people and keys in use; projects, not the claims of numbers nor the keys of secrets.
pub(crate) fn filters(stream: Stream) -> Vec<String> {
    match stream {
        Stream::Workspace => vec!["workspace.*".to_owned(), "workspace.user.*".to_owned(), "workspace.used.*".to_owned()],
        Stream::Project => vec!["project.*".to_owned()],
        Stream::Database
        | Stream::Billing
        | Stream::Usage
        | Stream::Bot
        | Stream::Flow
        | Stream::Template
        | Stream::Media
        | Stream::Webhook
        | Stream::Conversation
        | Stream::Parked
        | Stream::Position => vec![format!("{stream}.>")],
    }
}

pub(crate) fn of_workspaces() -> Follow {
    // Three tokens: one person's trouble is nobody else's.
    Follow { key_tokens: 3, ..of_other(Stream::Workspace) }
}

pub(crate) fn of_projects() -> Follow {
    of_other(Stream::Project)
}

pub(crate) fn of_billing() -> Follow {
    of_other(Stream::Billing)
}

pub(crate) fn of_other(stream: Stream) -> Follow {
    Follow { service: SERVICE, stream, filters: filters(stream), key_tokens: 2, parallel: PARALLEL, batch_max: BATCH_MAX, version: 1 }
}

impl Handler for OnWorkspace {
    const ALL_OR_NONE: bool = true;

    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        settle(events, self.0.workspace_events(events).await)
    }
}

impl Handler for OnProject {
    const ALL_OR_NONE: bool = true;

    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        settle(events, self.0.project_events(events).await)
    }
}

impl Handler for OnBilling {
    const ALL_OR_NONE: bool = true;

    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        settle(events, self.0.billing_events(events).await)
    }
}

impl Handler for OnOther {
    const ALL_OR_NONE: bool = true;

    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        settle(events, self.0.audit(events).await)
    }
}

impl Access {
    async fn workspace_events(&self, events: &[Recorded]) -> Result<(), Error> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        if let Some(user) = user_of(&first.subject) {
            self.show_person(user, last.sequence).await?;
        } else if let Some(workspace) = workspace_of(&first.subject) {
            self.show_workspace(workspace, last.sequence).await?;
        } else if let Some(key) = key_of(first) {
            for recorded in events {
                self.note_use(key, recorded).await?;
            }
        }
        self.audit(events).await
    }

    /// A person's row, from the log as it is now.
    async fn show_person(&self, user: UserId, through: u64) -> Result<(), Error> {
        if store::people::reflected(&self.pool, user).await? < through {
            store::people::save(&self.pool, self.person(user).await?.0.as_ref()).await?;
        }
        Ok(())
    }

    async fn show_workspace(&self, id: WorkspaceId, through: u64) -> Result<(), Error> {
        if store::workspaces::reflected(&self.pool, id).await?.is_none_or(|reflected| reflected < through) {
            store::workspaces::save(&self.pool, self.workspace(id).await?.0.as_ref()).await?;
        }
        Ok(())
    }

    pub(crate) async fn note_use(&self, key: KeyId, recorded: &Recorded) -> Result<(), Error> {
        match WorkspaceEvent::read(recorded)? {
            WorkspaceEvent::KeyUsed(used) if used.key == key => store::keys::save_use(&self.pool, recorded.sequence, &used).await,
            WorkspaceEvent::KeyUsed(_)
            | WorkspaceEvent::SignInCodeIssued(_)
            | WorkspaceEvent::SignInFailed(_)
            | WorkspaceEvent::UserRegistered(_)
            | WorkspaceEvent::SessionStarted(_)
            | WorkspaceEvent::SessionEnded(_)
            | WorkspaceEvent::WorkspaceCreated(_)
            | WorkspaceEvent::WorkspaceRenamed(_)
            | WorkspaceEvent::WorkspaceDeleted(_)
            | WorkspaceEvent::MemberInvited(_)
            | WorkspaceEvent::InviteRenewed(_)
            | WorkspaceEvent::InviteCancelled(_)
            | WorkspaceEvent::InviteAccepted(_)
            | WorkspaceEvent::MemberRoleChanged(_)
            | WorkspaceEvent::MemberPermissionsChanged(_)
            | WorkspaceEvent::MemberRemoved(_)
            | WorkspaceEvent::OwnershipTransferred(_)
            | WorkspaceEvent::KeyIssued(_)
            | WorkspaceEvent::KeyExpirySet(_)
            | WorkspaceEvent::KeyRevoked(_) => Ok(()),
        }
    }

    /// Whose the project is now, then what happened to it.
    async fn project_events(&self, events: &[Recorded]) -> Result<(), Error> {
        let Some(project) = events.first().and_then(|event| event.subject.project_id()) else { return Ok(()) };
        let (known, reflected) = store::projects::find(&self.pool, project).await?;
        let mut ownership = known;
        let mut through = reflected;
        let mut erased = None;
        for recorded in events {
            let event = ProjectEvent::read(recorded)?;
            if matches!(event, ProjectEvent::ProjectErased(_)) {
                erased = Some(recorded);
            }
            if recorded.sequence > reflected {
                ownership = ownership.fold(&event);
                through = recorded.sequence;
            }
        }
        if through > reflected {
            store::projects::save(&self.pool, project, ownership, through).await?;
        }
        if let Some(cause) = erased {
            self.revoke_keys_of(project, cause).await?;
        }
        self.audit(events).await
    }

    /// The project is gone: so are the keys that are for it alone, also those of a workspace that had it before.
    async fn revoke_keys_of(&self, project: ProjectId, cause: &Recorded) -> Result<(), Error> {
        let request = cause.context.correlation.clone().unwrap_or_else(|| cause.id.to_string());
        for workspace in store::keys::workspaces_with_keys_of(&self.pool, project).await? {
            let command = Command::Workspace { workspace, by: Actor::Platform, command: WorkspaceCommand::RevokeKeysOf { project } };
            match self.command(&command, Origin { request: &request, actor: None }).await {
                // With a workspace that was deleted its keys are gone.
                Ok(_) | Err(Error::Refused(Refusal::NoWorkspace)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn billing_events(&self, events: &[Recorded]) -> Result<(), Error> {
        self.note_reminders(events).await?;
        self.audit(events).await
    }

    /// Rows of events of one entity.
    async fn audit(&self, events: &[Recorded]) -> Result<(), Error> {
        let (mut run, mut known) = (Vec::<Entry>::new(), KeyProjects::new());
        for recorded in events {
            let Some(entry) = self.entry(recorded, &mut known).await? else { continue };
            if run.first().is_some_and(|first| first.project != entry.project) {
                self.keep(&run).await?;
                run.clear();
            }
            run.push(entry);
        }
        self.keep(&run).await
    }

    async fn keep(&self, run: &[Entry]) -> Result<(), Error> {
        let project: Option<ProjectId> = run.first().and_then(|entry| entry.project);
        store::audit::insert(&self.pool, project, run).await
    }
}

/// The key of `workspace.used.<key>`.
pub(crate) fn key_of(recorded: &Recorded) -> Option<KeyId> {
    (recorded.subject.token(1) == Some("used")).then(|| recorded.subject.token(2)?.parse().ok())?
}

/// All of a delivery is done, or none of it: every part can be repeated.
fn settle(events: &[Recorded], result: Result<(), Error>) -> Handled {
    let Err(error) = result else { return Handled::all(events) };
    let cause = chassis::error_chain(&error);
    let stop = if error.is_outage() { Stop::SetAside { after: OUTAGE_PAUSE, cause } } else { Stop::Park { cause } };
    Handled::stopped(0, stop)
}
