//! A workspace itself: made, renamed, deleted, given to another owner.

use chrono::{DateTime, Utc};
use contract::{OwnershipTransferred, UserId, WorkspaceCreated, WorkspaceDeleted, WorkspaceId, WorkspaceKind, WorkspaceRenamed};

use super::authority::Authority;
use super::{Fact, on_workspace};
use crate::actor::Actor;
use crate::name::Name;
use crate::refusal::Refusal;
use crate::scope::{MEMBERS_WRITE, WORKSPACE_OWN};
use crate::workspace::Workspace;

/// The id is new, so a workspace that is there is the one that was made by the first try.
pub(super) fn create(is: Option<&Workspace>, id: WorkspaceId, name: &Name, owner: UserId) -> Vec<Fact> {
    let created = WorkspaceCreated { name: name.as_str().to_owned(), kind: WorkspaceKind::Team, owner };
    if is.is_some() { Vec::new() } else { vec![on_workspace(id, created)] }
}

pub(super) fn rename(workspace: &Workspace, by: Actor, name: &Name, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    Authority::of(workspace, by, MEMBERS_WRITE, now)?;
    let renamed = WorkspaceRenamed { name: name.as_str().to_owned() };
    Ok(if workspace.name == renamed.name { Vec::new() } else { vec![on_workspace(workspace.id, renamed)] })
}

pub(super) fn delete(
    workspace: &Workspace,
    by: Actor,
    confirm: &str,
    owns_projects: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    Authority::of(workspace, by, WORKSPACE_OWN, now)?;
    of_a_team(workspace)?;
    if confirm != workspace.name {
        return Err(Refusal::NotConfirmed);
    }
    if owns_projects {
        return Err(Refusal::OwnsProjects);
    }
    Ok(vec![on_workspace(workspace.id, WorkspaceDeleted {})])
}

pub(super) fn transfer_ownership(workspace: &Workspace, by: Actor, to: UserId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    Authority::of(workspace, by, WORKSPACE_OWN, now)?;
    let from = of_a_team(workspace)?;
    if !workspace.members.contains_key(&to) {
        return Err(Refusal::NoMember);
    }
    Ok(if from == to { Vec::new() } else { vec![on_workspace(workspace.id, OwnershipTransferred { from, to })] })
}

/// The owner of a workspace that can be given away or end.
fn of_a_team(workspace: &Workspace) -> Result<UserId, Refusal> {
    match workspace.kind {
        WorkspaceKind::Personal => Err(Refusal::Personal),
        WorkspaceKind::Team => workspace.owner.ok_or(Refusal::Installation),
    }
}
