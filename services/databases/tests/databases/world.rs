//! What every test of databases stands on: a real broker and a real Postgres of its own, the service in this process, and the log to
//! play lifecycle on.

use std::str::FromStr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use chassis::{Clock, Health, Ids};
use contract::{Context, DatabaseEvent, Event, EventId, ProjectCreated, ProjectEvent, ProjectId, Recorded, Subject};
use databases::{Databases, Names, STREAMS};
use embedded::Scratch;
use journal::{ConnectOptions, Expect, Journal};
use sealing::MasterKey;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
pub(crate) use testbed::API_KEY;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) servers: Scratch,
    pub(crate) journal: Journal,
    pub(crate) platform_url: String,
    pub(crate) ids: Ids,
}

/// A running service; stopped when told to.
pub(crate) struct Service {
    stop: CancellationToken,
    task: JoinHandle<Result<(), databases::Error>>,
}

impl Service {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let servers = Scratch::start().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(servers.nats.url(), "test")).await.unwrap();
        journal.open(&STREAMS).await.unwrap();
        let platform_url = servers.postgres.create_database("paige_platform").await.unwrap();
        Self { servers, journal, platform_url, ids: Ids::new(Clock::System) }
    }

    pub(crate) fn platform(&self) -> PgConnectOptions {
        PgConnectOptions::from_str(&self.platform_url).unwrap()
    }

    pub(crate) fn databases(&self) -> Databases {
        Databases::new(self.journal.clone(), self.platform(), MasterKey::from_str(MASTER_KEY).unwrap(), Clock::System, self.ids.clone())
    }

    pub(crate) async fn start(&self, databases: Databases) -> Service {
        databases.prepare().await.unwrap();
        let stop = CancellationToken::new();
        Service { task: tokio::spawn(databases::run(databases, stop.clone())), stop }
    }

    /// Says what lifecycle says when a project is created.
    pub(crate) async fn create_project(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        let created =
            ProjectCreated { name: "Pizza".into(), conversation_idle_seconds: None, workspace: contract::WorkspaceId::INSTALLATION };
        let event = ProjectEvent::from(created).into_new(
            EventId::from_ulid(self.ids.ulid()),
            "/test",
            Clock::System.now(),
            Context { correlation: Some("req_1".into()), ..Context::default() },
        );
        self.journal.append(&Subject::project(project), Expect::New, vec![event]).await.unwrap();
        project
    }

    /// Says what lifecycle says about `project`.
    pub(crate) async fn say(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        let event = event.into().into_new(EventId::from_ulid(self.ids.ulid()), "/test", Clock::System.now(), Context::default());
        self.journal.append(&Subject::project(project), Expect::Any, vec![event]).await.unwrap();
    }

    pub(crate) async fn created_event(&self, project: ProjectId) -> Recorded {
        self.journal.last(&Subject::project(project)).await.unwrap().unwrap()
    }

    /// Every event of the project's database, in short.
    pub(crate) async fn told(&self, project: ProjectId) -> Vec<String> {
        let events = self.journal.entity(&Subject::database(project)).await.unwrap();
        events
            .iter()
            .map(|recorded| match DatabaseEvent::decode(recorded).unwrap() {
                DatabaseEvent::DatabaseStepCompleted(completed) => completed.step.as_str().to_owned(),
                DatabaseEvent::DatabaseReady(_) => "ready".to_owned(),
                DatabaseEvent::DatabaseFailed(failed) => format!("failed at {}", failed.step.as_str()),
                DatabaseEvent::DatabaseDropped(_) => "dropped".to_owned(),
                DatabaseEvent::DatabasePasswordRotated(_) => "rotated".to_owned(),
            })
            .collect()
    }

    pub(crate) async fn until(&self, project: ProjectId, last: &str) {
        let what = format!("{last:?} of {project}");
        let fits = |told: &Vec<String>| told.last().is_some_and(|told| told == last);
        testbed::found(&what, async || self.told(project).await, fits).await;
    }

    /// Waits until its tables are of the latest version.
    pub(crate) async fn until_current(&self, project: ProjectId) {
        let version = async || self.databases().progress(project).await.unwrap().ready.map(|ready| ready.schema_version);
        let is_current = |version: &Option<u32>| *version == Some(projections::schema_version());
        testbed::found("the latest version of the tables", version, is_current).await;
    }

    /// Stops the service. Nothing is held: a test ends with it, unless it wanted something to be.
    pub(crate) async fn end(&self, service: Service) {
        testbed::end(&self.journal, service.stop()).await;
    }

    pub(crate) async fn connect(&self) -> PgConnection {
        self.platform().connect().await.unwrap()
    }

    /// Databases and roles on the server that are of projects, by name.
    pub(crate) async fn on_server(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT datname::text FROM pg_database WHERE datname LIKE 'paige\\_prj\\_%'
             UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'paige\\_prj\\_%' ORDER BY 1",
        )
        .fetch_all(&mut self.connect().await)
        .await
        .unwrap()
    }

    /// What [`World::on_server`] is when these projects are whole and nothing is left over.
    pub(crate) fn whole(projects: &[ProjectId]) -> Vec<String> {
        let mut names: Vec<String> = projects
            .iter()
            .map(|project| Names::of(*project))
            .flat_map(|names| [names.database, names.bot, names.owner].map(|name| name.as_str().to_owned()))
            .collect();
        names.sort();
        names
    }

    pub(crate) async fn get(&self, path: &str, key: &str) -> (u16, Value) {
        self.ask(testbed::request(key, Method::GET, path, &[], None)).await
    }

    /// Asks for another password, from the request `req_rotates`.
    pub(crate) async fn rotate(&self, project: ProjectId, idempotency_key: Option<&str>) -> (u16, Value) {
        let mut headers = vec![("x-request-id", "req_rotates")];
        headers.extend(idempotency_key.map(|key| ("idempotency-key", key)));
        let path = format!("/v1/projects/{project}/database/rotate");
        self.ask(testbed::request(API_KEY, Method::POST, &path, &headers, None)).await
    }

    async fn ask(&self, request: Request<Body>) -> (u16, Value) {
        let router = testbed::site(Health::new(), &self.ids).finish(databases::routes(self.databases())).unwrap();
        let answer = testbed::Answer::to(router, request).await;
        (answer.status, answer.body)
    }

    /// How the API says to log in as the bot of `project`.
    pub(crate) async fn bot_url(&self, project: ProjectId) -> String {
        let (status, answer) = self.get(&format!("/v1/projects/{project}/database"), API_KEY).await;
        assert_eq!(status, 200, "{answer}");
        answer["url"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn bot(&self, project: ProjectId) -> PgConnection {
        PgConnectOptions::from_str(&self.bot_url(project).await).unwrap().connect().await.unwrap()
    }
}
