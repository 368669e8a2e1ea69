//! The rules, pure: what is so, what is asked and when → what happens, or why not. Nothing here reads a clock, draws a number or
//! knows a table; a caller's rights are judged again on the state that is decided on, so that who was removed a moment ago decides nothing.

mod authority;
mod invites;
mod keys;
mod members;
mod settings;
mod sign_in;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{InviteId, KeyId, ProjectId, Role, SessionId, Subject, UserId, WorkspaceEvent, WorkspaceId};

use crate::actor::Actor;
use crate::email::Email;
use crate::name::Name;
use crate::person::Person;
use crate::refusal::Refusal;
use crate::workspace::Workspace;

pub(crate) use keys::{NewKey, OVERLAP_SECONDS_MAX};
pub(crate) use members::has_room;
pub(crate) use sign_in::NewSession;

/// What is so, as far as the command needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// The person whom the command is about.
    pub person: Option<Person>,
    /// The workspace that the command is about.
    pub workspace: Option<Workspace>,
    /// Who owns the project that the command names.
    pub project_owner: Option<WorkspaceId>,
    /// Projects that are gone or another's, in which the member that the command is about was permitted something; only known where there is no
    /// room for more.
    pub strays: BTreeSet<ProjectId>,
    /// Whether the workspace owns any project; only known for a deletion.
    pub owns_projects: bool,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// About a person.
    Person { user: UserId, command: PersonCommand },
    /// About a workspace, by somebody.
    Workspace { workspace: WorkspaceId, by: Actor, command: WorkspaceCommand },
    /// By whoever holds the link, which is enough for an address that nobody is registered with: a new person joins and is signed in. `user`
    /// is the invited address's.
    AcceptLink {
        workspace: WorkspaceId,
        invite: InviteId,
        user: UserId,
        expires_at: DateTime<Utc>,
        name: Option<Name>,
        session: NewSession,
    },
}

/// What is asked for about a person.
#[derive(Debug, Clone)]
pub(crate) enum PersonCommand {
    /// A code was drawn and will be mailed.
    IssueCode { hash: String },
    /// Somebody has the code.
    SignIn { email: Email, name: Option<Name>, code_hash: String, session: NewSession },
    /// The session ends.
    SignOut { session: SessionId },
}

/// What is asked for about a workspace.
#[derive(Debug, Clone)]
pub(crate) enum WorkspaceCommand {
    Create {
        name: Name,
        owner: UserId,
    },
    Rename {
        name: Name,
    },
    /// `confirm` must be its name.
    Delete {
        confirm: String,
    },
    TransferOwnership {
        to: UserId,
    },
    /// The keys that they made end with it, unless they are to be kept.
    Leave {
        user: UserId,
        keep_keys: bool,
    },
    /// The keys that they made stay, unless they are to end.
    ChangeRole {
        user: UserId,
        role: Role,
        revoke_keys: bool,
    },
    /// As when they leave.
    Remove {
        user: UserId,
        keep_keys: bool,
    },
    /// All that they may do in the project from now on.
    Permit {
        user: UserId,
        project: ProjectId,
        scopes: Vec<String>,
    },
    Invite {
        invite: InviteId,
        email: Email,
        role: Role,
    },
    Resend {
        invite: InviteId,
    },
    CancelInvite {
        invite: InviteId,
    },
    /// By the person who has the address.
    Accept {
        invite: InviteId,
        user: UserId,
    },
    /// By the person who has the address.
    Decline {
        invite: InviteId,
        user: UserId,
    },
    IssueKey(NewKey),
    /// A key with another secret takes over; the old one works for `overlap_seconds` more.
    RotateKey {
        old: KeyId,
        key: KeyId,
        hash: String,
        overlap_seconds: u32,
        expires_at: Option<DateTime<Utc>>,
    },
    RevokeKey {
        key: KeyId,
    },
    /// Every key that is for this project alone, which was erased.
    RevokeKeysOf {
        project: ProjectId,
    },
}

/// What happens, and to which entity. All of one decision is appended together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    /// The entity.
    pub subject: Subject,
    /// What happens to it.
    pub event: WorkspaceEvent,
}

/// What comes of a command that the rules let through so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Decision {
    /// What happens; nothing: it is so already.
    pub facts: Vec<Fact>,
    /// Why the answer is no although something happens: a wrong code is counted.
    pub refusal: Option<Refusal>,
}

impl From<Vec<Fact>> for Decision {
    fn from(facts: Vec<Fact>) -> Self {
        Self { facts, refusal: None }
    }
}

fn on_user(user: UserId, event: impl Into<WorkspaceEvent>) -> Fact {
    Fact { subject: Subject::user(user), event: event.into() }
}

fn on_workspace(workspace: WorkspaceId, event: impl Into<WorkspaceEvent>) -> Fact {
    Fact { subject: Subject::workspace(workspace), event: event.into() }
}

/// Decides.
pub(crate) fn decide(state: &State, command: &Command, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    match command {
        Command::Person { user, command } => match command {
            PersonCommand::IssueCode { hash } => sign_in::issue_code(state.person.as_ref(), *user, hash, now).map(Decision::from),
            PersonCommand::SignIn { email, name, code_hash, session } => {
                sign_in::sign_in(state.person.as_ref(), email, name.as_ref(), code_hash, session, now)
            }
            PersonCommand::SignOut { session } => Ok(sign_in::sign_out(state.person.as_ref(), *user, *session).into()),
        },
        Command::Workspace { workspace, command: WorkspaceCommand::Create { name, owner }, .. } => {
            Ok(settings::create(state.workspace.as_ref(), *workspace, name, *owner).into())
        }
        Command::Workspace { by, command, .. } => {
            let workspace = live(state)?;
            about_workspace(workspace, state, *by, command, now).map(Decision::from)
        }
        Command::AcceptLink { invite, expires_at, name, session, .. } => {
            let workspace = live(state)?;
            invites::accept_link(workspace, state.person.as_ref(), *invite, *expires_at, name.as_ref(), session, now).map(Decision::from)
        }
    }
}

fn about_workspace(
    workspace: &Workspace,
    state: &State,
    by: Actor,
    command: &WorkspaceCommand,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        WorkspaceCommand::Create { .. } => Ok(Vec::new()),
        WorkspaceCommand::Rename { name } => settings::rename(workspace, by, name, now),
        WorkspaceCommand::Delete { confirm } => settings::delete(workspace, by, confirm, state.owns_projects, now),
        WorkspaceCommand::TransferOwnership { to } => settings::transfer_ownership(workspace, by, *to, now),
        WorkspaceCommand::Leave { user, keep_keys } => members::leave(workspace, *user, *keep_keys, now),
        WorkspaceCommand::ChangeRole { user, role, revoke_keys } => members::change_role(workspace, by, *user, *role, *revoke_keys, now),
        WorkspaceCommand::Remove { user, keep_keys } => members::remove(workspace, by, *user, *keep_keys, now),
        WorkspaceCommand::Permit { user, project, scopes } => {
            members::permit(workspace, by, *user, (*project, state.project_owner), &state.strays, scopes, now)
        }
        WorkspaceCommand::Invite { invite, email, role } => invites::invite(workspace, by, *invite, email, *role, now),
        WorkspaceCommand::Resend { invite } => invites::resend(workspace, by, *invite, now),
        WorkspaceCommand::CancelInvite { invite } => invites::cancel(workspace, by, *invite, now),
        WorkspaceCommand::Accept { invite, user } => invites::accept(workspace, *invite, *user),
        WorkspaceCommand::Decline { invite, user } => invites::decline(workspace, *invite, *user),
        WorkspaceCommand::IssueKey(key) => keys::issue(workspace, by, key, state.project_owner, now),
        WorkspaceCommand::RotateKey { old, key, hash, overlap_seconds, expires_at } => {
            keys::rotate(workspace, by, *old, (*key, hash), *overlap_seconds, *expires_at, now)
        }
        WorkspaceCommand::RevokeKey { key } => keys::revoke(workspace, by, *key, now),
        WorkspaceCommand::RevokeKeysOf { project } => Ok(keys::revoke_of(workspace, *project, state.project_owner, now)),
    }
}

fn live(state: &State) -> Result<&Workspace, Refusal> {
    state.workspace.as_ref().filter(|workspace| workspace.deleted_at.is_none()).ok_or(Refusal::NoWorkspace)
}

#[cfg(test)]
mod sequences;
#[cfg(test)]
mod tests;
