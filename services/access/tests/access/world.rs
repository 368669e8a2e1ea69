//! What every test of access stands on: a broker of its own, a platform database of its own, the service in this process behind the real
//! guard, a clock that stands until it is moved, a mailbox, and the log to play the other services on.

use access::{Access, Mailer, STREAMS, Settings};
use auth::Authorizer;
use axum::Router;
use axum::http::Method;
use chassis::{Clock, Health, Ids};
use chrono::{DateTime, Utc};
use contract::{Context, Event, EventId, OperationId, ProjectCreated, ProjectErased, ProjectEvent, ProjectId, Subject, WorkspaceId};
use embedded::Nats;
use journal::{Expect, Journal};
use serde_json::{Value, json};
use sqlx::PgPool;
pub(crate) use testbed::{API_KEY, Answer, fresh_pool};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const MASTER_KEY: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) pool: PgPool,
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    router: Router,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), access::Error>>>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) token: String,
    pub(crate) id: String,
    pub(crate) personal: String,
}

pub(crate) fn settings(clock: &Clock) -> Settings {
    Settings {
        master_key: MASTER_KEY.parse().unwrap(),
        mailer: Mailer::mailbox(clock.clone()),
        console_url: Some("https://paige.example/".into()),
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        Self::on(nats, journal, fresh_pool().await).await
    }

    /// The service over an existing log and database, with an empty mailbox.
    pub(crate) async fn on(nats: Nats, journal: Journal, pool: PgPool) -> Self {
        let clock = Clock::manual(Clock::System.now());
        let settings = settings(&clock);
        Self::with(nats, journal, pool, clock, settings).await
    }

    /// The same service again, by the same clock: as after a restart.
    pub(crate) async fn again(self, settings: Settings) -> Self {
        let Self { nats, journal, pool, clock, .. } = self;
        Self::with(nats, journal, pool, clock, settings).await
    }

    async fn with(nats: Nats, journal: Journal, pool: PgPool, clock: Clock, settings: Settings) -> Self {
        let ids = Ids::new(clock.clone());
        let access = Access::new(journal.clone(), pool.clone(), clock.clone(), ids.clone(), settings);
        access.prepare().await.unwrap();
        let health = Health::new();
        access.register(&health);
        let stop = CancellationToken::new();
        let authorizer = Authorizer::start(journal.clone(), clock.clone()).await.unwrap();
        authorizer.follow(stop.clone());
        let router = testbed::site(health, &ids).authority(authorizer).finish(access::routes(access.clone())).unwrap();
        let task = Some(tokio::spawn(access::run(access, stop.clone())));
        Self { nats, journal, pool, ids, clock, router, stop, task }
    }

    /// Stops following; the routes still answer.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap().unwrap();
        }
    }

    /// Nothing is held: a test ends with it.
    pub(crate) async fn end(mut self) {
        testbed::end(&self.journal.clone(), self.stop()).await;
    }

    pub(crate) async fn send(&self, token: Option<&str>, method: Method, path: &str, body: Option<Value>) -> Answer {
        let headers = [("x-request-id", "request-of-a-test")];
        let mut request = testbed::request(token.unwrap_or_default(), method, path, &headers, body.as_ref());
        if token.is_none() {
            request.headers_mut().remove("authorization");
        }
        Answer::to(self.router.clone(), request).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(Some(token), Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(Some(token), Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, token: &str, path: &str) -> Answer {
        self.send(Some(token), Method::DELETE, path, None).await
    }

    /// Without credentials.
    pub(crate) async fn open(&self, path: &str, body: Value) -> Answer {
        self.send(None, Method::POST, path, Some(body)).await
    }

    /// The mails to an address, the youngest first.
    pub(crate) async fn mails(&self, to: &str) -> Vec<String> {
        let mails = self.get(API_KEY, "/v1/dev/mails").await.ok();
        let mails = mails.body["data"].as_array().unwrap().iter().filter(|mail| mail["to"] == to);
        mails.map(|mail| mail["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The youngest of `count` mails to an address, once there are so many.
    pub(crate) async fn mail(&self, to: &str, count: usize) -> String {
        let what = format!("{count} mails to {to}");
        testbed::found(&what, async || self.mails(to).await, |mails: &Vec<String>| mails.len() >= count).await.remove(0)
    }

    pub(crate) async fn code(&self, email: &str) -> String {
        let before = self.mails(email).await.len();
        let answer = self.open("/sign-in/codes", json!({"email": email})).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let mail = self.mail(email, before + 1).await;
        let digits: String = mail.split("code to sign in to Paige is ").nth(1).unwrap().chars().take(8).collect();
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{mail}");
        digits
    }

    /// Signs somebody in by e-mail code.
    pub(crate) async fn sign_in(&self, name: &str) -> Who {
        let email = format!("{name}@example.com");
        let code = self.code(&email).await;
        let answer = self.open("/sign-in/sessions", json!({"email": email, "code": code, "name": name})).await.ok();
        who(&answer, "")
    }

    /// A workspace of a team that `owner` owns.
    pub(crate) async fn team(&self, owner: &Who) -> String {
        self.post(&owner.token, "/v1/workspaces", json!({"name": "Pizza"})).await.ok().text("/id")
    }

    /// Invites and accepts.
    pub(crate) async fn join(&self, owner: &Who, team: &str, name: &str, role: &str) -> Who {
        let who = self.sign_in(name).await;
        let body = json!({"email": format!("{name}@example.com"), "role": role});
        let invite = self.post(&owner.token, &format!("/v1/workspaces/{team}/invites"), body).await.ok().text("/id");
        self.post(&who.token, &format!("/v1/me/invites/{invite}/accept"), json!({})).await.ok();
        who
    }

    /// The token in the youngest invitation of an address.
    pub(crate) async fn link(&self, email: &str, count: usize) -> String {
        let mail = self.mail(email, count).await;
        let link = mail.split("https://paige.example/invites#").nth(1).unwrap_or_else(|| panic!("no link in {mail}"));
        link.split_whitespace().next().unwrap().to_owned()
    }

    /// Says what lifecycle says.
    pub(crate) async fn say(&self, project: ProjectId, event: impl Into<ProjectEvent>, actor: &str) {
        let context = Context { actor: Some(actor.into()), correlation: Some("request-of-lifecycle".into()), ..Context::default() };
        let event = event.into().into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), context);
        self.journal.append(&Subject::project(project), Expect::Any, vec![event]).await.unwrap();
    }

    /// A project of a workspace.
    pub(crate) async fn project(&self, workspace: &str, actor: &str) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        let workspace: WorkspaceId = workspace.parse().unwrap();
        self.say(project, ProjectCreated { name: "Bot".into(), conversation_idle_seconds: None, workspace }, actor).await;
        project
    }

    /// Says that a project is gone, because `actor` wanted it so.
    pub(crate) async fn erase(&self, project: ProjectId, actor: &str) {
        self.say(project, ProjectErased { operation: OperationId::from_ulid(self.ids.ulid()), left: None }, actor).await;
    }

    /// The types of the events on a subject, in short.
    pub(crate) async fn told(&self, subject: &Subject) -> Vec<String> {
        let events = self.journal.entity(subject).await.unwrap();
        events.iter().map(|event| event.event_type.as_str().split('.').nth(1).unwrap().to_owned()).collect()
    }

    pub(crate) async fn told_of(&self, workspace: &str) -> Vec<String> {
        self.told(&Subject::workspace(workspace.parse().unwrap())).await
    }

    /// Everything that the tables hold, as text, without what says when they were last whole.
    pub(crate) async fn tables(&self) -> Vec<(String, Value)> {
        let mut tables = Vec::new();
        for table in ["people", "workspaces", "members", "invites", "keys", "key_uses", "projects", "audit"] {
            let rows = format!("SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t)::text), '[]') FROM access.{table} t");
            tables.push((table.to_owned(), sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_one(&self.pool).await.unwrap()));
        }
        tables
    }

    pub(crate) fn advance(&self, by: chrono::TimeDelta) -> DateTime<Utc> {
        assert!(self.clock.advance(by));
        self.clock.now()
    }
}

pub(crate) fn who(answer: &Answer, at: &str) -> Who {
    let text = |field: &str| answer.text(&format!("{at}/{field}"));
    Who { token: text("token"), id: text("user"), personal: text("personal_workspace") }
}
