//! What the log says about workspaces, people, keys and whose a project is: a fold of the streams `workspace` and `project`.
//!
//! Pure: events in, state out, in any split and any interleaving of the two streams. What follows from it is decided in `decide`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use contract::{
    Event, KeyHolder, KeyId, KeyIssued, ProjectEvent, ProjectId, Recorded, Role, SessionId, Stream, Subject, UserId, Whose, WorkspaceEvent,
    WorkspaceId,
};

/// The events that say whose a project is, whatever their version. Others of a project do not matter here.
const WHOSE: [&str; 3] = ["project_created", "project_transferred", "project_erased"];

/// Everything that is known.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    pub(crate) workspaces: HashMap<WorkspaceId, Workspace>,
    pub(crate) memberships: HashMap<UserId, BTreeSet<WorkspaceId>>,
    pub(crate) sessions: HashMap<UserId, Vec<Session>>,
    pub(crate) keys: HashMap<KeyId, Key>,
    /// Whose a project is.
    pub(crate) projects: HashMap<ProjectId, WorkspaceId>,
    /// Workspaces, people and projects about which an event could not be read, for example because a newer version wrote it. What is known
    /// about them is incomplete: the event may have taken something away.
    unread: BTreeSet<Subject>,
    workspace_sequence: u64,
    project_sequence: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) members: HashMap<UserId, Member>,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) role: Role,
    /// What was granted, by project. Projects of which nothing was granted are not in it.
    pub(crate) grants: BTreeMap<ProjectId, BTreeSet<String>>,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) hash: String,
    pub(crate) expires_at: DateTime<Utc>,
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) workspace: WorkspaceId,
    pub(crate) holder: KeyHolder,
    pub(crate) hash: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) revoked: bool,
}

impl Fold {
    /// The last sequence of a stream that is folded.
    pub(crate) fn sequence(&self, stream: Stream) -> u64 {
        if stream == Stream::Workspace { self.workspace_sequence } else { self.project_sequence }
    }

    /// Takes an event of either stream. One that was taken before changes nothing; after one that cannot be read, nothing is decided about
    /// what it is of.
    pub(crate) fn apply(&mut self, event: &Recorded) {
        let of_workspace = event.subject.stream() == Stream::Workspace;
        let sequence = if of_workspace { &mut self.workspace_sequence } else { &mut self.project_sequence };
        if event.sequence <= *sequence {
            return;
        }
        *sequence = event.sequence;
        let read = if of_workspace {
            WorkspaceEvent::decode(event).map(|fact| self.on_workspace_stream(event, fact))
        } else {
            ProjectEvent::decode(event).map(|fact| self.on_project(event, &fact))
        };
        if let Err(error) = read {
            let name = event.event_type.as_str().split('.').nth(1).unwrap_or_default();
            let refused = of_workspace || WHOSE.contains(&name);
            if refused {
                self.unread.insert(event.subject.clone());
            }
            tracing::error!(%error, refused, stream = event.subject.stream().name(), stream.seq = event.sequence, "event is not readable");
        }
    }

    /// Whether all that was said of something could be read.
    pub(crate) fn is_whole(&self, subject: impl FnOnce() -> Subject) -> bool {
        // Nearly always empty: then no subject is made for the question.
        self.unread.is_empty() || !self.unread.contains(&subject())
    }

    /// Of what an event could not be read.
    pub(crate) fn unread(&self) -> &BTreeSet<Subject> {
        &self.unread
    }

    fn on_project(&mut self, event: &Recorded, fact: &ProjectEvent) {
        let Some(project) = event.subject.project_id() else { return };
        match fact.whose() {
            Some(Whose::Is(workspace)) => drop(self.projects.insert(project, workspace)),
            Some(Whose::Nobodys) => drop(self.projects.remove(&project)),
            None => {}
        }
    }

    fn on_workspace_stream(&mut self, event: &Recorded, fact: WorkspaceEvent) {
        let subject = &event.subject;
        if let Some(workspace) = subject.token(1).and_then(|token| token.parse().ok()) {
            self.on_workspace(workspace, fact);
        } else if let ("user", Some(user)) = (subject.token(1).unwrap_or_default(), subject.token(2).and_then(|token| token.parse().ok())) {
            self.on_user(user, event.time, fact);
        }
    }

    fn on_workspace(&mut self, id: WorkspaceId, fact: WorkspaceEvent) {
        match fact {
            WorkspaceEvent::WorkspaceCreated(created) => self.join(id, created.owner, Role::Owner),
            WorkspaceEvent::WorkspaceDeleted(_) => self.delete(id),
            WorkspaceEvent::InviteAccepted(accepted) => self.join(id, accepted.user, accepted.role),
            WorkspaceEvent::MemberRoleChanged(changed) => self.set_role(id, changed.user, changed.role),
            WorkspaceEvent::OwnershipTransferred(transferred) => {
                self.set_role(id, transferred.from, Role::Admin);
                self.set_role(id, transferred.to, Role::Owner);
            }
            WorkspaceEvent::MemberPermissionsChanged(changed) => {
                if let Some(member) = self.member(id, changed.user) {
                    if changed.scopes.is_empty() {
                        member.grants.remove(&changed.project);
                    } else {
                        member.grants.insert(changed.project, changed.scopes.into_iter().collect());
                    }
                }
            }
            WorkspaceEvent::MemberRemoved(removed) => self.leave(id, removed.user),
            WorkspaceEvent::KeyIssued(issued) => self.issue(id, issued),
            WorkspaceEvent::KeyExpirySet(set) => {
                if let Some(key) = self.key(id, set.key) {
                    key.expires_at = Some(set.expires_at);
                }
            }
            WorkspaceEvent::KeyRevoked(revoked) => {
                if let Some(key) = self.key(id, revoked.key) {
                    key.revoked = true;
                }
            }
            WorkspaceEvent::WorkspaceRenamed(_)
            | WorkspaceEvent::MemberInvited(_)
            | WorkspaceEvent::InviteRenewed(_)
            | WorkspaceEvent::InviteCancelled(_)
            | WorkspaceEvent::SignInCodeIssued(_)
            | WorkspaceEvent::SignInFailed(_)
            | WorkspaceEvent::UserRegistered(_)
            | WorkspaceEvent::SessionStarted(_)
            | WorkspaceEvent::SessionEnded(_)
            | WorkspaceEvent::KeyUsed(_) => {}
        }
    }

    fn on_user(&mut self, user: UserId, now: DateTime<Utc>, fact: WorkspaceEvent) {
        match fact {
            WorkspaceEvent::SessionStarted(started) => {
                let sessions = self.sessions.entry(user).or_default();
                // Nobody will ask for them again: what is unknown is refused as what is over.
                sessions.retain(|session| session.expires_at > now);
                sessions.push(Session { id: started.session, hash: started.hash, expires_at: started.expires_at });
            }
            WorkspaceEvent::SessionEnded(ended) => {
                if let Some(sessions) = self.sessions.get_mut(&user) {
                    sessions.retain(|session| session.id != ended.session);
                }
            }
            WorkspaceEvent::SignInCodeIssued(_)
            | WorkspaceEvent::SignInFailed(_)
            | WorkspaceEvent::UserRegistered(_)
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
            | WorkspaceEvent::KeyRevoked(_)
            | WorkspaceEvent::KeyUsed(_) => {}
        }
    }

    fn member(&mut self, workspace: WorkspaceId, user: UserId) -> Option<&mut Member> {
        self.workspaces.get_mut(&workspace)?.members.get_mut(&user)
    }

    /// A key that this workspace issued: no other can say anything about it.
    fn key(&mut self, workspace: WorkspaceId, key: KeyId) -> Option<&mut Key> {
        self.keys.get_mut(&key).filter(|key| key.workspace == workspace)
    }

    fn join(&mut self, workspace: WorkspaceId, user: UserId, role: Role) {
        self.workspaces.entry(workspace).or_default().members.insert(user, Member { role, grants: BTreeMap::new() });
        self.memberships.entry(user).or_default().insert(workspace);
    }

    fn leave(&mut self, workspace: WorkspaceId, user: UserId) {
        if let Some(workspace) = self.workspaces.get_mut(&workspace) {
            workspace.members.remove(&user);
        }
        if let Some(memberships) = self.memberships.get_mut(&user) {
            memberships.remove(&workspace);
        }
    }

    fn set_role(&mut self, workspace: WorkspaceId, user: UserId, role: Role) {
        if let Some(member) = self.member(workspace, user) {
            member.role = role;
        }
    }

    fn delete(&mut self, id: WorkspaceId) {
        let members = self.workspaces.get(&id).map(|workspace| workspace.members.keys().copied().collect::<Vec<_>>());
        for user in members.unwrap_or_default() {
            self.leave(id, user);
        }
        self.workspaces.remove(&id);
        self.keys.retain(|_, key| key.workspace != id);
    }

    fn issue(&mut self, workspace: WorkspaceId, issued: KeyIssued) {
        let KeyIssued { key, name: _, holder, hash, scopes, project, expires_at, replaces: _ } = issued;
        let scopes = scopes.into_iter().collect();
        self.keys.entry(key).or_insert(Key { workspace, holder, hash, scopes, project, expires_at, revoked: false });
    }
}
