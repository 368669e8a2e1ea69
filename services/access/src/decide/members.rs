//! Members: their roles, what they may do in a project, and how they go.
//!
//! Only the owner makes, changes or removes admins: otherwise one admin could remove all the others. The owner goes only after
//! somebody else is the owner, so a workspace is never without one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{KeyRevoked, MemberPermissionsChanged, MemberRemoved, MemberRoleChanged, ProjectId, Role, UserId, WorkspaceId};

use super::authority::Authority;
use super::{Fact, on_workspace};
use crate::actor::Actor;
use crate::refusal::Refusal;
use crate::scope::MEMBERS_WRITE;
use crate::workspace::{Member, Workspace};

/// Projects in which one member may have been permitted something.
pub(crate) const PERMISSIONS_MAX: usize = 200;

pub(super) fn leave(workspace: &Workspace, user: UserId, keep_keys: bool, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    let member = workspace.members.get(&user).ok_or(Refusal::NoWorkspace)?;
    if member.role == Role::Owner {
        return Err(Refusal::OwnerStays);
    }
    let mut facts = vec![on_workspace(workspace.id, MemberRemoved { user })];
    facts.extend(keys_of(workspace, user, !keep_keys, now));
    Ok(facts)
}

/// With `revoke_keys` also for who has the role already, so that it can be made up for.
pub(super) fn change_role(
    workspace: &Workspace,
    by: Actor,
    user: UserId,
    role: Role,
    revoke_keys: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    let member = changeable(workspace, by, user, now)?;
    // Ownership is given by transfer, which takes it from the one who had it.
    if role == Role::Owner || (role == Role::Admin && !Authority::of(workspace, by, MEMBERS_WRITE, now)?.owns() && member.role != role) {
        return Err(Refusal::OwnerNeeded);
    }
    let changed = (member.role != role).then(|| on_workspace(workspace.id, MemberRoleChanged { user, role }));
    Ok(changed.into_iter().chain(keys_of(workspace, user, revoke_keys, now)).collect())
}

pub(super) fn remove(workspace: &Workspace, by: Actor, user: UserId, keep_keys: bool, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    changeable(workspace, by, user, now)?;
    let mut facts = vec![on_workspace(workspace.id, MemberRemoved { user })];
    facts.extend(keys_of(workspace, user, !keep_keys, now));
    Ok(facts)
}

/// Ends every key that somebody made, directly or with another key of theirs, if these keys are to end. Whoever made a key may know its
/// secret.
fn keys_of(workspace: &Workspace, user: UserId, revoke: bool, now: DateTime<Utc>) -> impl Iterator<Item = Fact> {
    let theirs = workspace.keys.iter().filter(move |(_, key)| revoke && key.works(now) && key.makers.contains(&user));
    theirs.map(move |(key, _)| on_workspace(workspace.id, KeyRevoked { key: *key }))
}

/// `project`: which, and who owns it. `strays`: what the member was permitted there means nothing any more, and makes room.
pub(super) fn permit(
    workspace: &Workspace,
    by: Actor,
    user: UserId,
    project: (ProjectId, Option<WorkspaceId>),
    strays: &BTreeSet<ProjectId>,
    scopes: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    let authority = Authority::of(workspace, by, MEMBERS_WRITE, now)?;
    let member = workspace.members.get(&user).ok_or(Refusal::NoMember)?;
    let (project, owner) = project;
    // It can be taken back also after the project has gone: with the platform's key, for the guard hides the project from everybody else.
    if !scopes.is_empty() && owner != Some(workspace.id) {
        return Err(Refusal::NoProject);
    }
    authority.may_give(scopes, Some(project))?;
    let has = member.permissions.get(&project).map_or(&[][..], Vec::as_slice);
    if has == scopes {
        return Ok(Vec::new());
    }
    let change = |project, scopes| on_workspace(workspace.id, MemberPermissionsChanged { user, project, scopes });
    let mut facts = Vec::new();
    if has.is_empty() && !has_room(member) {
        facts.extend(strays.iter().map(|stray| change(*stray, Vec::new())));
        if facts.is_empty() {
            return Err(Refusal::LimitReached { what: "projects for one member", max: PERMISSIONS_MAX });
        }
    }
    facts.push(change(project, scopes.to_vec()));
    Ok(facts)
}

/// Whether something can be permitted to a member in one project more.
pub(crate) fn has_room(member: &Member) -> bool {
    member.permissions.len() < PERMISSIONS_MAX
}

/// A member whom `by` may change.
fn changeable(workspace: &Workspace, by: Actor, user: UserId, now: DateTime<Utc>) -> Result<&Member, Refusal> {
    let authority = Authority::of(workspace, by, MEMBERS_WRITE, now)?;
    let member = workspace.members.get(&user).ok_or(Refusal::NoMember)?;
    match member.role {
        Role::Owner => Err(Refusal::OwnerStays),
        Role::Admin if !authority.owns() && by != Actor::Person(user) => Err(Refusal::OwnerNeeded),
        Role::Admin | Role::Member => Ok(member),
    }
}
