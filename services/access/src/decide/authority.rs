//! What a caller may do in a workspace, judged on the state that is decided on.

use chrono::{DateTime, Utc};
use contract::{ProjectId, Role};

use crate::actor::Actor;
use crate::refusal::Refusal;
use crate::scope::{WORKSPACE_OWN, WORKSPACE_READ};
use crate::workspace::Workspace;

/// A caller's rights in one workspace.
#[derive(Debug, Clone, Copy)]
pub(super) enum Authority<'a> {
    /// Everything: the owner, and the holder of the platform's key.
    Owner,
    /// Everything but owning.
    Admin,
    /// To look at it.
    Member,
    /// What was given to the key, perhaps for one project alone or for a time.
    Key { scopes: &'a [String], project: Option<ProjectId>, expires_at: Option<DateTime<Utc>> },
}

impl<'a> Authority<'a> {
    /// The rights of `by`, which must include `needed`.
    ///
    /// Who does not belong to the workspace does not learn that there is one.
    pub(super) fn of(workspace: &'a Workspace, by: Actor, needed: &'static str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let authority = match by {
            Actor::Platform => Self::Owner,
            Actor::Person(user) => match workspace.members.get(&user).ok_or(Refusal::NoWorkspace)?.role {
                Role::Owner => Self::Owner,
                Role::Admin => Self::Admin,
                Role::Member => Self::Member,
            },
            Actor::Key(key) | Actor::Agent(key) => {
                let key = workspace.keys.get(&key).ok_or(Refusal::NoWorkspace)?;
                if !key.works(now) {
                    return Err(Refusal::CallerEnded);
                }
                Self::Key { scopes: &key.scopes, project: key.project, expires_at: key.expires_at }
            }
        };
        if authority.has(needed) { Ok(authority) } else { Err(Refusal::ScopeMissing(needed)) }
    }

    /// Whether admins are its to make.
    pub(super) fn owns(self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin | Self::Member | Self::Key { .. } => false,
        }
    }

    /// Refuses a gift of what the giver does not have, or of more projects than the giver has.
    pub(super) fn may_give(self, scopes: &[String], project: Option<ProjectId>) -> Result<(), Refusal> {
        if let Some(missing) = scopes.iter().find(|scope| !self.has(scope)) {
            return Err(Refusal::ScopeNotHeld(missing.clone()));
        }
        match self {
            Self::Key { project: Some(own), .. } if project != Some(own) => Err(Refusal::ScopeNotHeld("other projects".to_owned())),
            Self::Key { .. } | Self::Owner | Self::Admin | Self::Member => Ok(()),
        }
    }

    /// When what it gives ends: as asked for, which is refused if it would outlive the giver; or else `unless_asked`, or with the giver,
    /// whichever is sooner.
    pub(super) fn may_give_until(
        self,
        asked: Option<DateTime<Utc>>,
        unless_asked: Option<DateTime<Utc>>,
    ) -> Result<Option<DateTime<Utc>>, Refusal> {
        let own = match self {
            Self::Key { expires_at, .. } => expires_at,
            Self::Owner | Self::Admin | Self::Member => None,
        };
        match (asked, own) {
            (Some(asked), Some(own)) if asked > own => Err(Refusal::ExpiryNotHeld(own)),
            (Some(asked), _) => Ok(Some(asked)),
            (None, _) => Ok([unless_asked, own].into_iter().flatten().min()),
        }
    }

    fn has(self, scope: &str) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => scope != WORKSPACE_OWN,
            Self::Member => scope == WORKSPACE_READ,
            Self::Key { scopes, .. } => scopes.iter().any(|own| own == scope),
        }
    }
}
