//! Everybody who calls: a workspace with two projects, its people and keys; another workspace with its own; and what nobody has any more.
//!
//! They are put into the log as access would have put them, so that what is tested is who is let in and not how one gets in.

use std::collections::BTreeMap;

use auth::credential::Issued;
use chassis::{Clock, Ids, PROJECT_SCOPES, SCOPES};
use chrono::TimeDelta;
use contract::{
    Context, Event, EventId, InviteAccepted, InviteId, KeyHolder, KeyId, KeyIssued, KeyRevoked, MemberPermissionsChanged, MemberRemoved,
    NewEvent, ProjectId, Role, SessionEnded, SessionId, SessionStarted, Subject, UserId, WorkspaceCreated, WorkspaceEvent, WorkspaceId,
    WorkspaceKind,
};
use e2e::Stage;
use journal::Expect;
use serde_json::json;

/// A person and where they are signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) session: String,
}

pub(crate) struct Cast {
    ids: Ids,
    pub(crate) workspace: WorkspaceId,
    pub(crate) project: ProjectId,
    pub(crate) owner: Person,
    pub(crate) admin: Person,
    /// Of the workspace, and was granted nothing.
    pub(crate) member: Person,
    /// Of the workspace, and was granted in the project everything that can be granted but the scope.
    pub(crate) members_without: BTreeMap<&'static str, Person>,
    /// Owns the other workspace.
    pub(crate) stranger: Person,
    /// Was an admin.
    pub(crate) removed: Person,
    pub(crate) signed_out: String,
    pub(crate) session_over: String,
    /// May everything in the other workspace.
    pub(crate) key_elsewhere: String,
    /// May everything in the workspace's other project.
    pub(crate) key_of_other_project: String,
    /// May everything but the scope.
    pub(crate) keys_without: BTreeMap<&'static str, String>,
    /// May the scope and nothing else.
    pub(crate) keys_with: BTreeMap<&'static str, String>,
    pub(crate) key_revoked: String,
    pub(crate) key_expired: String,
    /// A key's id that is right and a secret that is of another.
    pub(crate) key_forged: String,
}

impl Cast {
    pub(crate) async fn gather(stage: &Stage) -> Self {
        let ids = Ids::new(Clock::System);
        let log = Log { stage, ids: ids.clone() };
        let (workspace, elsewhere) = (WorkspaceId::from_ulid(ids.ulid()), WorkspaceId::from_ulid(ids.ulid()));
        let (owner, stranger) = (log.person().await, log.person().await);
        log.found(workspace, WorkspaceKind::Team, owner.user).await;
        log.found(elsewhere, WorkspaceKind::Team, stranger.user).await;
        let (project, other_project) = (create(stage, workspace).await, create(stage, workspace).await);
        create(stage, elsewhere).await;

        let (admin, member, removed) = (log.person().await, log.person().await, log.person().await);
        log.join(workspace, &admin, Role::Admin).await;
        log.join(workspace, &member, Role::Member).await;
        log.join(workspace, &removed, Role::Admin).await;
        log.say(workspace, WorkspaceEvent::MemberRemoved(MemberRemoved { user: removed.user })).await;
        let (mut members_without, mut keys_without, mut keys_with) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for scope in SCOPES {
            keys_without.insert(scope, log.key(workspace, but(&SCOPES, scope), None, None).await.1);
            keys_with.insert(scope, log.key(workspace, vec![scope.to_owned()], None, None).await.1);
        }
        for scope in PROJECT_SCOPES {
            let person = log.person().await;
            log.join(workspace, &person, Role::Member).await;
            let changed = MemberPermissionsChanged { user: person.user, project, scopes: but(&PROJECT_SCOPES, scope) };
            log.say(workspace, WorkspaceEvent::MemberPermissionsChanged(changed)).await;
            members_without.insert(scope, person);
        }
        let everything = || SCOPES.map(str::to_owned).to_vec();
        let (revoked, key_revoked) = log.key(workspace, everything(), None, None).await;
        log.say(workspace, WorkspaceEvent::KeyRevoked(KeyRevoked { key: revoked })).await;
        let second = TimeDelta::seconds(1);
        let (forged, _) = log.key(workspace, everything(), None, None).await;
        let signed_out = log.sign_in(owner.user, TimeDelta::days(1)).await;
        log.sign_out(owner.user, signed_out.0).await;
        Self {
            workspace,
            project,
            members_without,
            keys_without,
            keys_with,
            key_elsewhere: log.key(elsewhere, everything(), None, None).await.1,
            key_of_other_project: log.key(workspace, everything(), Some(other_project), None).await.1,
            key_expired: log.key(workspace, everything(), None, Some(-second)).await.1,
            key_forged: Issued::key(forged).text.expose().to_owned(),
            session_over: log.sign_in(owner.user, -second).await.1,
            signed_out: signed_out.1,
            key_revoked,
            owner,
            admin,
            member,
            stranger,
            removed,
            ids,
        }
    }

    /// Another session of a person, to be used up.
    pub(crate) async fn sign_in(&self, stage: &Stage, person: &Person) -> String {
        Log { stage, ids: self.ids.clone() }.sign_in(person.user, TimeDelta::days(1)).await.1
    }

    /// A key that nobody issued.
    pub(crate) fn key_unknown(&self) -> String {
        Issued::key(KeyId::from_ulid(self.ids.ulid())).text.expose().to_owned()
    }
}

fn but(all: &[&str], scope: &str) -> Vec<String> {
    all.iter().filter(|other| **other != scope).map(|other| (*other).to_owned()).collect()
}

async fn create(stage: &Stage, workspace: WorkspaceId) -> ProjectId {
    let body = json!({ "name": "Pizza", "workspace_id": workspace.to_string() });
    let created = stage.call(reqwest::Method::POST, "/v1/projects", Some(body)).await;
    created["project"]["id"].as_str().unwrap().parse().unwrap()
}

struct Log<'s> {
    stage: &'s Stage,
    ids: Ids,
}

impl Log<'_> {
    fn event(&self, event: WorkspaceEvent) -> NewEvent {
        event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", Clock::System.now(), Context::default())
    }

    async fn append(&self, subject: Subject, event: WorkspaceEvent) {
        self.stage.journal.append(&subject, Expect::Any, vec![self.event(event)]).await.unwrap();
    }

    async fn say(&self, workspace: WorkspaceId, event: WorkspaceEvent) {
        self.append(Subject::workspace(workspace), event).await;
    }

    async fn found(&self, workspace: WorkspaceId, kind: WorkspaceKind, owner: UserId) {
        self.say(workspace, WorkspaceEvent::WorkspaceCreated(WorkspaceCreated { name: "Workspace".into(), kind, owner })).await;
    }

    /// Registered, with a workspace of their own, and signed in.
    async fn person(&self) -> Person {
        let user = UserId::from_ulid(self.ids.ulid());
        let registered = contract::UserRegistered { email: format!("{user}@example.com").to_lowercase(), name: None };
        self.append(Subject::user(user), WorkspaceEvent::UserRegistered(registered)).await;
        self.found(WorkspaceId::personal(user), WorkspaceKind::Personal, user).await;
        Person { user, session: self.sign_in(user, TimeDelta::days(1)).await.1 }
    }

    async fn join(&self, workspace: WorkspaceId, person: &Person, role: Role) {
        let invite = InviteId::from_ulid(self.ids.ulid());
        let email = format!("{}@example.com", person.user).to_lowercase();
        let expires_at = Clock::System.now() + TimeDelta::days(1);
        let invited = contract::MemberInvited { invite, email, role, expires_at };
        self.say(workspace, WorkspaceEvent::MemberInvited(invited)).await;
        self.say(workspace, WorkspaceEvent::InviteAccepted(InviteAccepted { invite, user: person.user, role })).await;
    }

    async fn sign_in(&self, user: UserId, lasts: TimeDelta) -> (SessionId, String) {
        let session = SessionId::from_ulid(self.ids.ulid());
        let issued = Issued::session(user, session);
        let started = SessionStarted { session, hash: issued.hash, expires_at: Clock::System.now() + lasts };
        self.append(Subject::user(user), WorkspaceEvent::SessionStarted(started)).await;
        (session, issued.text.expose().to_owned())
    }

    async fn sign_out(&self, user: UserId, session: SessionId) {
        self.append(Subject::user(user), WorkspaceEvent::SessionEnded(SessionEnded { session })).await;
    }

    async fn key(
        &self,
        workspace: WorkspaceId,
        scopes: Vec<String>,
        project: Option<ProjectId>,
        lasts: Option<TimeDelta>,
    ) -> (KeyId, String) {
        let key = KeyId::from_ulid(self.ids.ulid());
        let issued = Issued::key(key);
        let issued_event = KeyIssued {
            key,
            name: "Key".into(),
            holder: KeyHolder::Program,
            hash: issued.hash,
            scopes,
            project,
            expires_at: lasts.map(|lasts| Clock::System.now() + lasts),
            replaces: None,
        };
        self.say(workspace, WorkspaceEvent::KeyIssued(issued_event)).await;
        (key, issued.text.expose().to_owned())
    }
}
