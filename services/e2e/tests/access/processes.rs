//! The services as processes of their own: what is given works in every one of them at once, and what is taken away in none.

use std::time::{Duration, Instant};

use auth::credential::Issued;
use chassis::{Clock, Ids};
use chrono::TimeDelta;
use contract::{
    Context, Event, EventId, InviteAccepted, InviteId, KeyHolder, KeyId, KeyIssued, KeyRevoked, MemberPermissionsChanged, MemberRemoved,
    MemberRoleChanged, ProjectEvent, ProjectId, ProjectTransferred, Role, SessionId, SessionStarted, Subject, TransferId, UserId,
    UserRegistered, WorkspaceEvent, WorkspaceId,
};
use e2e::apart::{Apart, Service};
use journal::{ConnectOptions, Expect, Journal};
use reqwest::Method;
use serde_json::json;

/// A route of each process that has some, and the scope that it needs.
const ROUTES: [(&str, &str, &str); 9] = [
    ("lifecycle", "", "projects:read"),
    ("databases", "/database", "databases:read"),
    ("access", "/audit", "audit:read"),
    ("billing", "/subscription", "billing:read"),
    ("bots", "/code", "code:read"),
    ("conversations", "/contacts", "conversations:read"),
    ("flow-sync", "/flows", "flows:read"),
    ("templates", "/templates", "templates:read"),
    ("media", "/messages/msg_01M7PY4WHR31FNQ76B4T9ADKAK/media", "conversations:read"),
];
/// How a project is denied to who must not know of it; a route that does not find something of its own says it otherwise.
const HIDDEN: &str = "there is no such project or workspace";
/// It takes milliseconds. A machine may stand still for some seconds; whoever remembered rights would for longer.
const SOON: Duration = Duration::from_secs(10);

struct Log {
    journal: Journal,
    ids: Ids,
}

impl Log {
    async fn append<E: Event>(&self, subject: Subject, event: E) {
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", Clock::System.now(), Context::default());
        self.journal.append(&subject, Expect::Any, vec![event]).await.unwrap();
    }

    /// The workspace of projects that the platform key made.
    async fn say(&self, event: impl Into<WorkspaceEvent>) {
        self.append(Subject::workspace(WorkspaceId::INSTALLATION), event.into()).await;
    }

    async fn issue(&self, scopes: &[&str]) -> (KeyId, String) {
        let key = KeyId::from_ulid(self.ids.ulid());
        let issued = Issued::key(key);
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let (name, holder, hash) = ("Key".to_owned(), KeyHolder::Program, issued.hash);
        self.say(KeyIssued { key, name, holder, hash, scopes, project: None, expires_at: None, replaces: None }).await;
        (key, issued.text.expose().to_owned())
    }

    /// Somebody of that workspace, signed in.
    async fn person(&self, role: Role) -> (UserId, String) {
        let (user, session) = (UserId::from_ulid(self.ids.ulid()), SessionId::from_ulid(self.ids.ulid()));
        let email = format!("{user}@example.com").to_lowercase();
        self.append(Subject::user(user), WorkspaceEvent::from(UserRegistered { email, name: None })).await;
        let issued = Issued::session(user, session);
        let started = SessionStarted { session, hash: issued.hash, expires_at: Clock::System.now() + TimeDelta::days(1) };
        self.append(Subject::user(user), WorkspaceEvent::from(started)).await;
        self.say(InviteAccepted { invite: InviteId::from_ulid(self.ids.ulid()), user, role }).await;
        (user, issued.text.expose().to_owned())
    }
}

/// The processes, and a project that all of them know.
struct House {
    services: Vec<Service>,
    apart: Apart,
    project: ProjectId,
    log: Log,
}

impl House {
    async fn new() -> Self {
        let apart = Apart::start().await;
        let mut services: Vec<Service> = ROUTES.iter().map(|(name, _, _)| apart.service(name)).collect();
        for service in &mut services {
            apart.ready(service).await;
        }
        let created = apart.request(&services[0], Method::POST, "/v1/projects", Some(json!({ "name": "Pizza" }))).await.unwrap().1;
        let project = created["project"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).parse().unwrap();
        let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "test")).await.unwrap();
        Self { apart, services, project, log: Log { journal, ids: Ids::new(Clock::System) } }
    }

    /// What a process answers: the status, and what it says to it.
    async fn ask(&self, service: &Service, rest: &str, credentials: &str) -> (u16, String) {
        let url = format!("{}/v1/projects/{}{rest}", service.base, self.project);
        let answer = self.apart.http.get(url).bearer_auth(credentials).send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap_or_default());
        (status, body["detail"].as_str().unwrap_or_default().to_owned())
    }

    async fn lets_in(&self, what: &str, credentials: &str) {
        for (service, (name, rest, _)) in self.services.iter().zip(ROUTES) {
            let (status, detail) = self.ask(service, rest, credentials).await;
            assert!(!matches!(status, 401 | 403 | 503) && detail != HIDDEN, "{name} answers {what} with {status}: {detail}");
        }
    }

    /// Each process, asked one after the other, says this soon after it was taken.
    async fn refuses(&self, what: &str, credentials: &str, wanted: (u16, Option<&str>)) {
        let taken_at = Instant::now();
        for (service, (name, rest, _)) in self.services.iter().zip(ROUTES) {
            loop {
                let (status, detail) = self.ask(service, rest, credentials).await;
                if status == wanted.0 && wanted.1.is_none_or(|wanted| wanted == detail) {
                    break;
                }
                assert!(taken_at.elapsed() < SOON, "{name} still answers {what} with {status} {detail} after {:?}", taken_at.elapsed());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_works_in_every_process_at_once_and_what_is_taken_in_none() {
    let house = House::new().await;
    let log = &house.log;
    let scopes = ROUTES.map(|(_, _, scope)| scope);
    let (_, useless) = log.issue(&["code:write"]).await;
    house.refuses("a key without the scope", &useless, (403, None)).await;
    let (key, good) = log.issue(&scopes).await;
    house.lets_in("a new key", &good).await;
    log.say(KeyRevoked { key }).await;
    house.refuses("a revoked key", &good, (401, None)).await;

    let (removed, demoted, remaining) = (log.person(Role::Admin).await, log.person(Role::Admin).await, log.person(Role::Admin).await);
    let granted = log.person(Role::Member).await;
    let grant = |scopes: &[&str]| MemberPermissionsChanged {
        user: granted.0,
        project: house.project,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    };
    log.say(grant(&scopes)).await;
    for (what, (_, session)) in [("an admin", &removed), ("another", &demoted), ("a third", &remaining), ("a member", &granted)] {
        house.lets_in(what, session).await;
    }
    let hidden = (404, Some(HIDDEN));
    log.say(MemberRemoved { user: removed.0 }).await;
    house.refuses("an admin who was removed", &removed.1, hidden).await;
    log.say(MemberRoleChanged { user: demoted.0, role: Role::Member }).await;
    house.refuses("an admin who is none any more", &demoted.1, hidden).await;
    log.say(grant(&[])).await;
    house.refuses("a member whose grant was withdrawn", &granted.1, hidden).await;
    let (transfer, to) = (TransferId::from_ulid(log.ids.ulid()), WorkspaceId::from_ulid(log.ids.ulid()));
    let transferred = ProjectTransferred { transfer, from: WorkspaceId::INSTALLATION, to };
    log.append(Subject::project(house.project), ProjectEvent::from(transferred)).await;
    house.refuses("an admin of the workspace that the project was of", &remaining.1, hidden).await;
}
