//! API keys: issued, rotated with overlap, revoked. Nobody gives a key what they do not have themselves, nor for longer.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{KeyExpirySet, KeyHolder, KeyId, KeyIssued, KeyRevoked, ProjectId, WorkspaceId};

use super::authority::Authority;
use super::{Fact, on_workspace};
use crate::actor::Actor;
use crate::name::Name;
use crate::refusal::Refusal;
use crate::scope::KEYS_WRITE;
use crate::workspace::Workspace;

/// Keys of one workspace that work at the same time.
pub(crate) const KEYS_MAX: usize = 100;
/// The same while keys are rotated: a full workspace can still rotate every one of them.
const KEYS_OVERLAPPING_MAX: usize = 2 * KEYS_MAX;
/// The furthest expiry.
const KEY_LIFE_MAX: TimeDelta = TimeDelta::days(3_653);
/// The longest time for which an old key works beside its new one.
pub(crate) const OVERLAP_SECONDS_MAX: u32 = 30 * 24 * 60 * 60;

/// A key that may be issued.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub id: KeyId,
    /// SHA-256 of its secret.
    pub hash: String,
    pub name: Name,
    pub holder: KeyHolder,
    /// Sorted, each once.
    pub scopes: Vec<String>,
    pub project: Option<ProjectId>,
    pub expires_at: Option<DateTime<Utc>>,
}

pub(super) fn issue(
    workspace: &Workspace,
    by: Actor,
    key: &NewKey,
    project_owner: Option<WorkspaceId>,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    let authority = Authority::of(workspace, by, KEYS_WRITE, now)?;
    if key.project.is_some() && project_owner != Some(workspace.id) {
        return Err(Refusal::NoProject);
    }
    authority.may_give(&key.scopes, key.project)?;
    let expires_at = authority.may_give_until(key.expires_at, None)?;
    expiry(expires_at, now)?;
    room(workspace, KEYS_MAX, now)?;
    let issued = KeyIssued {
        key: key.id,
        name: key.name.as_str().to_owned(),
        holder: key.holder,
        hash: key.hash.clone(),
        scopes: key.scopes.clone(),
        project: key.project,
        expires_at,
        replaces: None,
    };
    Ok(vec![on_workspace(workspace.id, issued)])
}

/// `new`: its id and the hash of its secret. It expires when the old one would have or, if that is sooner, the key that rotates
/// it; unless another time is asked for.
pub(super) fn rotate(
    workspace: &Workspace,
    by: Actor,
    old: KeyId,
    new: (KeyId, &str),
    overlap_seconds: u32,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    let authority = Authority::of(workspace, by, KEYS_WRITE, now)?;
    let is = workspace.keys.get(&old).ok_or(Refusal::NoKey)?;
    if is.replaced_by.is_some() {
        return Err(Refusal::KeyReplaced);
    }
    if !is.works(now) {
        return Err(Refusal::KeyEnded);
    }
    authority.may_give(&is.scopes, is.project)?;
    let expires_at = authority.may_give_until(expires_at, is.expires_at)?;
    expiry(expires_at, now)?;
    room(workspace, KEYS_OVERLAPPING_MAX, now)?;
    let (key, hash) = new;
    let issued = KeyIssued {
        key,
        name: is.name.clone(),
        holder: is.holder,
        hash: hash.to_owned(),
        scopes: is.scopes.clone(),
        project: is.project,
        expires_at,
        replaces: Some(old),
    };
    let until = now + TimeDelta::seconds(i64::from(overlap_seconds.min(OVERLAP_SECONDS_MAX)));
    let until = is.expires_at.map_or(until, |own| own.min(until));
    Ok(vec![on_workspace(workspace.id, issued), on_workspace(workspace.id, KeyExpirySet { key: old, expires_at: until })])
}

/// Who may issue keys may revoke any of the workspace, also one that may more: it is the brake.
pub(super) fn revoke(workspace: &Workspace, by: Actor, key: KeyId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    Authority::of(workspace, by, KEYS_WRITE, now)?;
    let is = workspace.keys.get(&key).ok_or(Refusal::NoKey)?;
    Ok(if is.revoked_at.is_some() { Vec::new() } else { vec![on_workspace(workspace.id, KeyRevoked { key })] })
}

/// What will never work for anything again is not shown as if it did, and takes no room.
pub(super) fn revoke_of(workspace: &Workspace, project: ProjectId, owner: Option<WorkspaceId>, now: DateTime<Utc>) -> Vec<Fact> {
    if owner == Some(workspace.id) {
        return Vec::new();
    }
    let theirs = workspace.keys.iter().filter(|(_, key)| key.project == Some(project) && key.works(now));
    theirs.map(|(key, _)| on_workspace(workspace.id, KeyRevoked { key: *key })).collect()
}

fn expiry(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Refusal> {
    let usable = expires_at.is_none_or(|at| at > now && at <= now + KEY_LIFE_MAX);
    if usable { Ok(()) } else { Err(Refusal::ExpiryUnusable) }
}

fn room(workspace: &Workspace, max: usize, now: DateTime<Utc>) -> Result<(), Refusal> {
    let working = workspace.keys.values().filter(|key| key.works(now)).count();
    if working < max { Ok(()) } else { Err(Refusal::LimitReached { what: "working keys", max }) }
}
