//! Who may do what: pure rules over what the log says, at an instant.
//!
//! What a caller must not know of is hidden (404), what they may see and not do is refused (403). Roles and scopes are the table in README.
//! Where an event could not be read, nothing is decided (503): it may have taken something away.

use std::collections::BTreeSet;

use chassis::{Denied, Need, PROJECT_SCOPES, Visible};
use chrono::{DateTime, Utc};
use contract::{KeyHolder, ProjectId, Role, Subject, UserId, WorkspaceId};

use crate::credential::{Credential, Holder};
use crate::fold::{Fold, Key, Member};

/// Every person's, about themselves; no key's.
const SELF: &str = "self";
/// The platform key's alone.
const DEV: &str = "dev";
/// The owner's alone: giving the workspace away, deleting it.
const OWN: &str = "workspace:own";
/// Every member's.
const READ: &str = "workspace:read";

/// What credentials turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Theirs; who that is, and where new things go if they do not say.
    Valid { actor: String, user: Option<String>, workspace: WorkspaceId },
    /// Nothing is known of them.
    Unknown,
    /// Wrong, over, or taken back.
    Refused,
}

impl Fold {
    /// Whose credentials these are.
    pub(crate) fn verify(&self, credential: &Credential, now: DateTime<Utc>) -> Verdict {
        let (hash, valid) = match credential.holder {
            Holder::Key(id) => {
                let Some(key) = self.keys.get(&id) else { return Verdict::Unknown };
                let actor = match key.holder {
                    KeyHolder::Program => id.to_string(),
                    KeyHolder::Agent => format!("agent:{id}"),
                };
                (&key.hash, Verdict::Valid { actor, user: None, workspace: key.workspace })
            }
            Holder::Session(user, id) => {
                let session = self.sessions.get(&user).and_then(|sessions| sessions.iter().find(|session| session.id == id));
                let Some(session) = session else { return Verdict::Unknown };
                let valid =
                    Verdict::Valid { actor: user.to_string(), user: Some(user.to_string()), workspace: WorkspaceId::personal(user) };
                (&session.hash, valid)
            }
        };
        if credential.matches(hash) && self.works(credential.holder, now) { valid } else { Verdict::Refused }
    }

    /// Whether credentials that were right still work.
    pub(crate) fn works(&self, holder: Holder, now: DateTime<Utc>) -> bool {
        match holder {
            Holder::Key(id) => self.keys.get(&id).is_some_and(|key| !key.revoked && key.expires_at.is_none_or(|end| now < end)),
            Holder::Session(user, id) => {
                let session = self.sessions.get(&user).and_then(|sessions| sessions.iter().find(|session| session.id == id));
                session.is_some_and(|session| now < session.expires_at)
            }
        }
    }

    /// Whether enough is known of a holder to say anything: not if an event of their workspace, or of the person, could not be read.
    pub(crate) fn knows(&self, holder: Holder) -> Result<(), Denied> {
        let known = match holder {
            Holder::Key(id) => self.keys.get(&id).is_none_or(|key| self.is_whole(|| Subject::workspace(key.workspace))),
            Holder::Session(user, _) => self.is_whole(|| Subject::user(user)),
        };
        if known { Ok(()) } else { Err(Denied::Stale) }
    }

    /// Whether a holder may, now.
    pub(crate) fn allows(&self, holder: Holder, need: Need<'_>, now: DateTime<Utc>) -> Result<(), Denied> {
        self.knows(holder)?;
        if !self.works(holder, now) {
            return Err(Denied::Unauthenticated);
        }
        match (need.scope, holder) {
            (DEV, _) | (SELF, Holder::Key(_)) => return Err(Denied::Insufficient),
            (SELF, Holder::Session(..)) => return Ok(()),
            (_, Holder::Key(_) | Holder::Session(..)) => {}
        }
        let workspace = need.workspace.map(|text| text.parse::<WorkspaceId>().map_err(|_| Denied::Hidden)).transpose()?;
        let project = need.project.map(|text| text.parse::<ProjectId>().map_err(|_| Denied::Hidden)).transpose()?;
        if project.is_some_and(|project| !self.is_whole(|| Subject::project(project))) {
            return Err(Denied::Stale);
        }
        let owner = project.map(|project| self.projects.get(&project).copied().ok_or(Denied::Hidden)).transpose()?;
        if workspace.is_some() && owner.is_some() && workspace != owner {
            return Err(Denied::Hidden);
        }
        let place = workspace.or(owner);
        if place.is_some_and(|place| !self.is_whole(|| Subject::workspace(place))) {
            return Err(Denied::Stale);
        }
        match holder {
            Holder::Key(id) => {
                let key = self.keys.get(&id).ok_or(Denied::Unauthenticated)?;
                key_allows(key, need.scope, place, project)
            }
            Holder::Session(user, _) => match place {
                Some(place) => {
                    let member = self.member_of(place, user).ok_or(Denied::Hidden)?;
                    member_allows(member, need.scope, project, workspace.is_some())
                }
                None => self.allows_somewhere(user, need.scope),
            },
        }
    }

    fn allows_somewhere(&self, user: UserId, scope: &str) -> Result<(), Denied> {
        let mut denied = Denied::Insufficient;
        for place in self.memberships.get(&user).into_iter().flatten() {
            if !self.is_whole(|| Subject::workspace(*place)) {
                denied = Denied::Stale;
            } else if self.member_of(*place, user).is_some_and(|member| may_somewhere(member, scope)) {
                return Ok(());
            }
        }
        Err(denied)
    }

    /// The projects in which a holder has `scope`, as a list's filter.
    pub(crate) fn visible(&self, holder: Holder, scope: &str) -> Visible {
        let (mut workspaces, mut projects) = (Vec::new(), Vec::new());
        let lies_in = |project: &ProjectId, place: &WorkspaceId| {
            self.projects.get(project) == Some(place) && self.is_whole(|| Subject::project(*project))
        };
        match holder {
            Holder::Key(id) => match self.keys.get(&id).filter(|key| key.scopes.contains(scope)) {
                Some(Key { workspace, project: None, .. }) => workspaces.push(workspace.to_string()),
                Some(Key { workspace, project: Some(project), .. }) if lies_in(project, workspace) => projects.push(project.to_string()),
                Some(_) | None => {}
            },
            Holder::Session(user, _) => {
                let places = self.memberships.get(&user).into_iter().flatten();
                for place in places.filter(|place| self.is_whole(|| Subject::workspace(**place))) {
                    let Some(member) = self.member_of(*place, user) else { continue };
                    if sees_all(member) {
                        workspaces.push(place.to_string());
                    } else {
                        let granted = member.grants.iter().filter(|&(project, scopes)| grants(scopes, scope) && lies_in(project, place));
                        projects.extend(granted.map(|(project, _)| project.to_string()));
                    }
                }
            }
        }
        Visible::Some { workspaces, projects }
    }

    fn member_of(&self, workspace: WorkspaceId, user: UserId) -> Option<&Member> {
        self.workspaces.get(&workspace)?.members.get(&user)
    }
}

fn key_allows(key: &Key, scope: &str, place: Option<WorkspaceId>, project: Option<ProjectId>) -> Result<(), Denied> {
    if place.is_some_and(|place| place != key.workspace) {
        return Err(Denied::Hidden);
    }
    match (key.project, project) {
        (Some(only), Some(project)) if only != project => return Err(Denied::Hidden),
        // The workspace as a whole is not what the key is for.
        (Some(_), None) if place.is_some() => return Err(Denied::Insufficient),
        (Some(_) | None, _) => {}
    }
    if key.scopes.contains(scope) { Ok(()) } else { Err(Denied::Insufficient) }
}

/// `workspace_named`: the workspace is no secret to the member who named it; a project of which nothing was granted is.
fn member_allows(member: &Member, scope: &str, project: Option<ProjectId>, workspace_named: bool) -> Result<(), Denied> {
    let granted = project.and_then(|project| member.grants.get(&project));
    let allowed = match member.role {
        Role::Owner => true,
        Role::Admin => scope != OWN,
        Role::Member => match (granted, project) {
            (Some(scopes), _) => grants(scopes, scope),
            (None, Some(_)) if !workspace_named => return Err(Denied::Hidden),
            (None, Some(_)) => false,
            (None, None) => scope == READ,
        },
    };
    if allowed { Ok(()) } else { Err(Denied::Insufficient) }
}

fn may_somewhere(member: &Member, scope: &str) -> bool {
    member_allows(member, scope, None, true).is_ok() || member.grants.values().any(|scopes| grants(scopes, scope))
}

fn grants(scopes: &BTreeSet<String>, scope: &str) -> bool {
    scopes.contains(scope) && PROJECT_SCOPES.contains(&scope)
}

fn sees_all(member: &Member) -> bool {
    match member.role {
        Role::Owner | Role::Admin => true,
        Role::Member => false,
    }
}

#[cfg(test)]
mod tests;
