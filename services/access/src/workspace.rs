//! A workspace as its events leave it: whose it is, who belongs to it, who was asked to join, and its keys. The same fold serves
//! decisions, the follower and the rebuild at start.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use contract::{InviteId, KeyId, KeyIssued, ProjectId, Role, UserId, WorkspaceEvent, WorkspaceId, WorkspaceKind};

use crate::actor::Actor;
use crate::key::Key;
use crate::said::Said;

/// Keys that work no more are shown, but not for ever: the youngest so many.
pub(crate) const KEYS_ENDED_KEPT: usize = 100;
/// The time in which mailed invitations are counted.
pub(crate) const MAILS_COUNTED_FOR: TimeDelta = TimeDelta::hours(24);
/// What the workspace of the installation is called until somebody renames it.
const INSTALLATION_NAME: &str = "Installation";

/// One workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    pub kind: WorkspaceKind,
    /// The one owner; none: the installation's own workspace, which belongs to whoever holds the platform's key.
    pub owner: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub members: BTreeMap<UserId, Member>,
    /// Pending invitations.
    pub invites: BTreeMap<InviteId, Invite>,
    /// Invitations that were mailed, the youngest last, whatever became of them; none older than [`MAILS_COUNTED_FOR`] before the youngest.
    pub mailed: Vec<Mailed>,
    pub keys: BTreeMap<KeyId, Key>,
    /// The sequence of the first event; what lists are ordered by.
    pub created_sequence: u64,
    /// The sequence of the last event.
    pub version: u64,
}

/// Somebody who belongs to a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub role: Role,
    pub joined_at: DateTime<Utc>,
    /// What a plain member may do, project by project.
    pub permissions: BTreeMap<ProjectId, Vec<String>>,
}

/// Somebody who was asked to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invite {
    pub email: String,
    pub role: Role,
    pub invited_at: DateTime<Utc>,
    /// When it was mailed last.
    pub mailed_at: DateTime<Utc>,
    pub invited_by: Option<String>,
    /// When its link stops working.
    pub expires_at: DateTime<Utc>,
}

/// An invitation went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailed {
    /// The address.
    pub to: String,
    pub at: DateTime<Utc>,
}

impl Workspace {
    /// Before any event: the installation's own workspace is there from the beginning, any other is not.
    pub(crate) fn initial(id: WorkspaceId) -> Option<Self> {
        (id == WorkspaceId::INSTALLATION).then(|| Self::empty(id, INSTALLATION_NAME.to_owned(), WorkspaceKind::Team, DateTime::UNIX_EPOCH))
    }

    /// Applies one event of `workspace.<id>`. None stays none until the workspace is created.
    pub(crate) fn fold(state: Option<Self>, id: WorkspaceId, said: Said<'_>) -> Option<Self> {
        let mut workspace = match state.or_else(|| Self::initial(id)) {
            Some(workspace) => workspace,
            None => Self::created(id, said)?,
        };
        workspace.apply(said);
        workspace.version = said.sequence;
        Some(workspace)
    }

    fn created(id: WorkspaceId, said: Said<'_>) -> Option<Self> {
        let WorkspaceEvent::WorkspaceCreated(created) = said.event else { return None };
        let mut workspace = Self::empty(id, created.name.clone(), created.kind, said.at);
        workspace.owner = Some(created.owner);
        workspace.join(created.owner, Role::Owner, said.at);
        workspace.created_sequence = said.sequence;
        Some(workspace)
    }

    fn empty(id: WorkspaceId, name: String, kind: WorkspaceKind, created_at: DateTime<Utc>) -> Self {
        Self {
            id,
            name,
            kind,
            owner: None,
            created_at,
            deleted_at: None,
            members: BTreeMap::new(),
            invites: BTreeMap::new(),
            mailed: Vec::new(),
            keys: BTreeMap::new(),
            created_sequence: 0,
            version: 0,
        }
    }

    fn apply(&mut self, said: Said<'_>) {
        match said.event {
            WorkspaceEvent::WorkspaceCreated(_) => {}
            WorkspaceEvent::WorkspaceRenamed(renamed) => self.name.clone_from(&renamed.name),
            WorkspaceEvent::WorkspaceDeleted(_) => {
                self.deleted_at = Some(said.at);
                self.members.clear();
                self.invites.clear();
                self.keys.clear();
            }
            WorkspaceEvent::MemberInvited(invited) => {
                self.mail(&invited.email, said.at);
                let invite = Invite {
                    email: invited.email.clone(),
                    role: invited.role,
                    invited_at: said.at,
                    mailed_at: said.at,
                    invited_by: said.actor.map(str::to_owned),
                    expires_at: invited.expires_at,
                };
                self.invites.insert(invited.invite, invite);
            }
            WorkspaceEvent::InviteRenewed(renewed) => {
                if let Some(invite) = self.invites.get_mut(&renewed.invite) {
                    invite.mailed_at = said.at;
                    invite.expires_at = renewed.expires_at;
                    let to = invite.email.clone();
                    self.mail(&to, said.at);
                }
            }
            WorkspaceEvent::InviteCancelled(cancelled) => drop(self.invites.remove(&cancelled.invite)),
            WorkspaceEvent::InviteAccepted(accepted) => {
                self.invites.remove(&accepted.invite);
                self.join(accepted.user, accepted.role, said.at);
            }
            WorkspaceEvent::MemberRoleChanged(changed) => self.set_role(changed.user, changed.role),
            WorkspaceEvent::MemberPermissionsChanged(changed) => {
                if let Some(member) = self.members.get_mut(&changed.user) {
                    if changed.scopes.is_empty() {
                        member.permissions.remove(&changed.project);
                    } else {
                        member.permissions.insert(changed.project, changed.scopes.clone());
                    }
                }
            }
            WorkspaceEvent::MemberRemoved(removed) => drop(self.members.remove(&removed.user)),
            WorkspaceEvent::OwnershipTransferred(transferred) => {
                self.owner = Some(transferred.to);
                self.set_role(transferred.from, Role::Admin);
                self.set_role(transferred.to, Role::Owner);
            }
            WorkspaceEvent::KeyIssued(issued) => {
                let makers = self.makers(issued, said.actor);
                if let Some(old) = issued.replaces.and_then(|old| self.keys.get_mut(&old)) {
                    old.replaced_by = Some(issued.key);
                }
                self.keys.insert(issued.key, Key::of(issued, makers, said));
                self.forget_keys(said.at);
            }
            WorkspaceEvent::KeyExpirySet(set) => {
                if let Some(key) = self.keys.get_mut(&set.key) {
                    key.expires_at = Some(set.expires_at);
                }
            }
            WorkspaceEvent::KeyRevoked(revoked) => {
                if let Some(key) = self.keys.get_mut(&revoked.key) {
                    key.revoked_at.get_or_insert(said.at);
                }
            }
            // Of people, and the use of a key: not on this subject.
            WorkspaceEvent::SignInCodeIssued(_)
            | WorkspaceEvent::SignInFailed(_)
            | WorkspaceEvent::UserRegistered(_)
            | WorkspaceEvent::SessionStarted(_)
            | WorkspaceEvent::SessionEnded(_)
            | WorkspaceEvent::KeyUsed(_) => {}
        }
    }

    fn join(&mut self, user: UserId, role: Role, at: DateTime<Utc>) {
        self.members.insert(user, Member { role, joined_at: at, permissions: BTreeMap::new() });
    }

    /// What was permitted to a member stays, of no meaning while they are more than that.
    fn set_role(&mut self, user: UserId, role: Role) {
        if let Some(member) = self.members.get_mut(&user) {
            member.role = role;
        }
    }

    fn mail(&mut self, to: &str, at: DateTime<Utc>) {
        self.mailed.push(Mailed { to: to.to_owned(), at });
        self.mailed.retain(|mailed| mailed.at > at - MAILS_COUNTED_FOR);
    }

    /// Kept with each key, because a key that made others is forgotten some time after it ended, and they may work on.
    fn makers(&self, issued: &KeyIssued, by: Option<&str>) -> BTreeSet<UserId> {
        let of = |key: KeyId| self.keys.get(&key).into_iter().flat_map(|key| key.makers.iter().copied());
        let mut makers: BTreeSet<UserId> = issued.replaces.into_iter().flat_map(of).collect();
        match by.and_then(Actor::parse) {
            Some(Actor::Person(user)) => makers.extend([user]),
            Some(Actor::Key(key) | Actor::Agent(key)) => makers.extend(of(key)),
            Some(Actor::Platform) | None => {}
        }
        makers
    }

    /// Ids of keys rise with the time of their issue: the first are the oldest.
    fn forget_keys(&mut self, at: DateTime<Utc>) {
        let ended: Vec<KeyId> = self.keys.iter().filter(|(_, key)| !key.works(at)).map(|(id, _)| *id).collect();
        for id in &ended[..ended.len().saturating_sub(KEYS_ENDED_KEPT)] {
            self.keys.remove(id);
        }
    }
}
