//! What every test of lifecycle stands on: a broker of its own, a platform database of its own, the service in this process, its routes, a
//! clock that is moved by hand where a test wants one, and the log to play the other services on.

use std::time::Duration;

use auth::Authorizer;
use axum::Router;
use axum::http::Method;
use chassis::{Clock, Health, Ids};
use contract::{Context, Event, EventId, NewEvent, ProjectId, Subject};
use embedded::Nats;
use journal::{Expect, Journal};
use lifecycle::{Lifecycle, STREAMS};
use serde_json::{Value, json};
use sqlx::PgPool;
pub(crate) use testbed::{API_KEY, Answer, fresh_pool};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// 64 hexadecimal digits.
pub(crate) const MASTER_KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// The test alone writes beside the service: nothing is on its way to the log for longer.
const LATE_APPENDS: Duration = Duration::from_secs(1);

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) pool: PgPool,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    lifecycle: Lifecycle,
    router: Router,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), lifecycle::Error>>>,
    _authority: DropGuard,
}

pub(crate) fn service(journal: &Journal, pool: &PgPool, clock: &Clock, ids: &Ids) -> Lifecycle {
    let lifecycle = Lifecycle::new(journal.clone(), pool.clone(), clock.clone(), ids.clone(), MASTER_KEY.parse().unwrap());
    lifecycle.with_late_appends(LATE_APPENDS)
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::at(Clock::System).await
    }

    /// With this clock.
    pub(crate) async fn at(clock: Clock) -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        Self::on(nats, journal, fresh_pool().await, clock).await
    }

    /// The service over an existing log and database.
    pub(crate) async fn on(nats: Nats, journal: Journal, pool: PgPool, clock: Clock) -> Self {
        let ids = Ids::new(clock.clone());
        let lifecycle = service(&journal, &pool, &clock, &ids);
        lifecycle.prepare().await.unwrap();
        let health = Health::new();
        lifecycle.register(&health);
        let site = testbed::site(health, &ids);
        let authorizer = Authorizer::start(journal.clone(), clock.clone()).await.unwrap();
        let forever = CancellationToken::new();
        authorizer.follow(forever.clone());
        let router = site.authority(authorizer).finish(lifecycle::routes(lifecycle.clone())).unwrap();
        let stop = CancellationToken::new();
        let mut world = Self { nats, journal, pool, clock, ids, lifecycle, router, stop, task: None, _authority: forever.drop_guard() };
        world.start();
        world
    }

    /// With another time after which what a deletion leaves is looked for again, from the next start on.
    pub(crate) fn set_late_appends(&mut self, late_appends: Duration) {
        self.lifecycle = self.lifecycle.clone().with_late_appends(late_appends);
    }

    /// Follows, waits for deadlines, does its steps.
    pub(crate) fn start(&mut self) {
        self.stop = CancellationToken::new();
        self.task = Some(tokio::spawn(lifecycle::run(self.lifecycle.clone(), self.stop.clone())));
    }

    /// Stops softly; the routes still answer.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap().unwrap();
        }
    }

    /// Stops where it stands, whatever it is at.
    pub(crate) async fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            assert!(task.await.is_err_and(|error| error.is_cancelled()), "it had ended by itself");
        }
    }

    /// What a process does when it is started.
    pub(crate) async fn restart(&mut self) {
        self.lifecycle.prepare().await.unwrap();
        self.start();
    }

    /// Nothing is held: a test ends with it, unless it wanted something to be.
    pub(crate) async fn end(mut self) {
        testbed::end(&self.journal.clone(), self.stop()).await;
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        self.send_as(API_KEY, method, path, headers, body).await
    }

    /// With somebody's key or session.
    pub(crate) async fn send_as(
        &self,
        credentials: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let request = testbed::request(credentials, method, path, headers, body.as_ref());
        Answer::to(self.router.clone(), request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Option<Value>) -> Answer {
        self.send(Method::POST, path, &[], body).await
    }

    pub(crate) async fn create(&self, name: &str) -> ProjectId {
        let answer = self.post("/v1/projects", Some(json!({"name": name}))).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.body["project"]["id"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn delete(&self, id: ProjectId, confirm: &str) -> Answer {
        self.send(Method::DELETE, &format!("/v1/projects/{id}"), &[], Some(json!({"confirm": confirm}))).await
    }

    pub(crate) async fn project(&self, id: ProjectId) -> Value {
        let answer = self.get(&format!("/v1/projects/{id}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    pub(crate) async fn connect(&self, id: ProjectId, number: &str) -> Answer {
        self.send(Method::PUT, &format!("/v1/projects/{id}/number"), &[], Some(json!({"phone_number_id": number}))).await
    }

    /// The first answer to a GET of `path` that is `wanted`.
    pub(crate) async fn until(&self, path: &str, what: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        testbed::found(what, async || self.get(path).await, wanted).await
    }

    /// A project becomes ready, or fails, with the operation that makes it. Both are said at once, and may be shown one after the other.
    pub(crate) async fn until_status(&self, id: ProjectId, status: &str) -> Value {
        let comes_alone = status != "ready" && status != "failed";
        let wanted = |project: &Value| project["status"] == status && (comes_alone || project["operation"]["status"] != "running");
        self.until(&format!("/v1/projects/{id}"), status, |answer| wanted(&answer.body)).await.body
    }

    /// The operation has ended so.
    pub(crate) async fn until_operation(&self, location: &str, status: &str) -> Value {
        self.until(location, status, |answer| answer.body["status"] == status).await.body
    }

    /// The follower has seen everything that was said of the project.
    pub(crate) async fn until_told(&self, id: ProjectId, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        let subject = Subject::project(id);
        testbed::found(subject.as_str(), async || self.told(&subject).await, |told: &Vec<String>| wanted(told)).await
    }

    /// Says what another service says.
    pub(crate) async fn say(&self, subject: &Subject, event: impl Event) {
        let event: NewEvent = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        self.journal.append(subject, Expect::Any, vec![event]).await.unwrap();
    }

    /// The types of the events on a subject, in short.
    pub(crate) async fn told(&self, subject: &Subject) -> Vec<String> {
        let events = self.journal.entity(subject).await.unwrap();
        events.iter().map(|event| event.event_type.as_str().split('.').nth(1).unwrap().to_owned()).collect()
    }

    /// Who holds a number, by its claims.
    pub(crate) async fn number_told(&self, number: &str) -> Vec<String> {
        self.told(&Subject::number(number).unwrap()).await
    }
}
