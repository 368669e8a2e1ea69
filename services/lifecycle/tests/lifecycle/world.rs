//! What every test of lifecycle stands on: a broker of its own, a platform database of its own, the service in this process, its routes, and
//! the log to play databases on.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use contract::{
    Context, DatabaseEvent, DatabaseFailed, DatabaseReady, DatabaseStep, DatabaseStepCompleted, Event, EventId, ProjectId, Subject,
};
use embedded::{Nats, Postgres};
use http_body_util::BodyExt;
use journal::{ConnectOptions, Expect, Journal};
use lifecycle::{Lifecycle, STREAMS};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) const API_KEY: &str = "key-for-tests-0123456789";
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) pool: PgPool,
    pub(crate) ids: Ids,
    router: Router,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), lifecycle::Error>>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

pub(crate) async fn fresh_pool() -> PgPool {
    let url = Postgres::shared().await.unwrap().fresh_database().await.unwrap();
    PgPoolOptions::new().max_connections(8).connect(&url).await.unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let nats = Nats::scratch().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
        journal.open(&STREAMS).await.unwrap();
        Self::on(nats, journal, fresh_pool().await).await
    }

    /// The service over an existing log and database.
    pub(crate) async fn on(nats: Nats, journal: Journal, pool: PgPool) -> Self {
        let ids = Ids::new(Clock::System);
        let lifecycle = Lifecycle::new(journal.clone(), pool.clone(), Clock::System, ids.clone());
        lifecycle.prepare().await.unwrap();
        let health = Health::new();
        lifecycle.register(&health);
        let site = Site::new("Test", Secret::new(API_KEY), health, Metrics::install().unwrap(), ids.clone());
        let router = site.finish(lifecycle::routes(lifecycle.clone())).unwrap();
        let stop = CancellationToken::new();
        let task = Some(tokio::spawn(lifecycle::run(lifecycle, stop.clone())));
        Self { nats, journal, pool, ids, router, stop, task }
    }

    /// Stops following; the routes still answer.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap().unwrap();
        }
    }

    /// Nothing is held: a test ends with it, unless it wanted something to be.
    pub(crate) async fn end(mut self) {
        self.stop().await;
        let held = self.journal.state(contract::Stream::Parked).await.unwrap().messages;
        assert_eq!(held, 0, "something was parked or set aside");
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {API_KEY}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let answer = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn create(&self, name: &str) -> ProjectId {
        let answer = self.send(Method::POST, "/v1/projects", &[], Some(json!({"name": name}))).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        answer.body["project"]["id"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn project(&self, id: ProjectId) -> Value {
        let answer = self.get(&format!("/v1/projects/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    pub(crate) async fn connect(&self, id: ProjectId, number: &str) -> Answer {
        self.send(Method::PUT, &format!("/v1/projects/{id}/number"), &[], Some(json!({"phone_number_id": number}))).await
    }

    pub(crate) async fn until_status(&self, id: ProjectId, status: &str) -> Value {
        let began = std::time::Instant::now();
        loop {
            let project = self.project(id).await;
            if project["status"] == status {
                return project;
            }
            assert!(began.elapsed() < PATIENCE, "waited for {status}, so far: {project}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Says what databases says.
    pub(crate) async fn say(&self, id: ProjectId, event: impl Into<DatabaseEvent>) {
        let event = event.into().into_new(EventId::from_ulid(self.ids.ulid()), "/test", Clock::System.now(), Context::default());
        self.journal.append(&Subject::database(id), Expect::Any, vec![event]).await.unwrap();
    }

    pub(crate) async fn say_done(&self, id: ProjectId, step: DatabaseStep) {
        self.say(id, DatabaseStepCompleted { step }).await;
    }

    pub(crate) async fn say_ready(&self, id: ProjectId) {
        self.say(id, DatabaseReady { database: "d".into(), bot_role: "b".into(), schema_version: 1 }).await;
    }

    pub(crate) async fn say_failed(&self, id: ProjectId, step: DatabaseStep) {
        self.say(id, DatabaseFailed { step, reason: "no space".into() }).await;
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
