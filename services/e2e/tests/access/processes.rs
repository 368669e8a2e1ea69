//! The services as processes of their own: a key that is issued works in every one of them at once, and one that is revoked in none.

use std::time::{Duration, Instant};

use auth::credential::Issued;
use chassis::{Clock, Ids};
use contract::{Context, Event, EventId, KeyHolder, KeyId, KeyIssued, KeyRevoked, Subject, WorkspaceEvent, WorkspaceId};
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
/// What an operator may count on; a machine that is busy with other tests included.
const SOON: Duration = Duration::from_secs(2);

struct Log {
    journal: Journal,
    ids: Ids,
}

impl Log {
    /// The workspace of projects that the platform key made.
    async fn say(&self, event: WorkspaceEvent) {
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", Clock::System.now(), Context::default());
        self.journal.append(&Subject::workspace(WorkspaceId::INSTALLATION), Expect::Any, vec![event]).await.unwrap();
    }

    async fn issue(&self, scopes: &[&str]) -> (KeyId, String) {
        let key = KeyId::from_ulid(self.ids.ulid());
        let issued = Issued::key(key);
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let (name, holder, hash) = ("Key".to_owned(), KeyHolder::Program, issued.hash);
        self.say(WorkspaceEvent::KeyIssued(KeyIssued { key, name, holder, hash, scopes, project: None, expires_at: None, replaces: None }))
            .await;
        (key, issued.text.expose().to_owned())
    }
}

async fn status(apart: &Apart, service: &Service, project: &str, rest: &str, credentials: &str) -> u16 {
    let url = format!("{}/v1/projects/{project}{rest}", service.base);
    apart.http.get(url).bearer_auth(credentials).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_works_in_every_process_at_once_and_when_it_is_revoked_in_none() {
    let apart = Apart::start().await;
    let mut services: Vec<Service> = ROUTES.iter().map(|(name, _, _)| apart.service(name)).collect();
    for service in &mut services {
        apart.ready(service).await;
    }
    let created = apart.request(&services[0], Method::POST, "/v1/projects", Some(json!({ "name": "Pizza" }))).await.unwrap().1;
    let project = created["project"]["id"].as_str().unwrap_or_else(|| panic!("{created}"));
    let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "test")).await.unwrap();
    let log = Log { journal, ids: Ids::new(Clock::System) };

    let scopes: Vec<&str> = ROUTES.iter().map(|(_, _, scope)| *scope).collect();
    let (_, useless) = log.issue(&["code:write"]).await;
    let (key, good) = log.issue(&scopes).await;
    for (service, (name, rest, _)) in services.iter().zip(ROUTES) {
        let told = status(&apart, service, project, rest, &good).await;
        assert!(!matches!(told, 401 | 403 | 503), "{name} answers a new key with {told}");
        assert_eq!(status(&apart, service, project, rest, &useless).await, 403, "{name}");
    }
    log.say(WorkspaceEvent::KeyRevoked(KeyRevoked { key })).await;
    let revoked_at = Instant::now();
    for (service, (name, rest, _)) in services.iter().zip(ROUTES) {
        while status(&apart, service, project, rest, &good).await != 401 {
            assert!(revoked_at.elapsed() < SOON, "{name} still lets the key in after {:?}", revoked_at.elapsed());
        }
    }
    println!("refused by nine processes, asked one after the other, {:?} after the revocation was in the log", revoked_at.elapsed());
}
