//! What every test of bots stands on: a broker and a folder of its own, the service in this process, and the log to play lifecycle on.

use axum::body::Body;
use axum::http::{Method, Request};
use bots::{Bots, STREAMS};
use chassis::{Clock, Health, Ids};
use contract::{
    BotEvent, Context, Event, EventId, OperationCompleted, OperationFailed, OperationId, OperationKind, OperationRetried, OperationStarted,
    ProjectCreated, ProjectEvent, ProjectId, Subject, WorkspaceId,
};
use embedded::Nats;
use journal::{Expect, Journal};
use serde_json::Value;
use storage::Storage;
use tempfile::TempDir;
pub(crate) use testbed::{API_KEY, Answer};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) folder: TempDir,
    pub(crate) ids: Ids,
}

/// A running service; stopped when told to.
pub(crate) struct Service {
    stop: CancellationToken,
    task: JoinHandle<Result<(), bots::Error>>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        Self { nats, journal, folder: tempfile::tempdir().unwrap(), ids: Ids::new(Clock::System) }
    }

    pub(crate) fn bots(&self) -> Bots {
        Bots::new(self.journal.clone(), Storage::open(self.folder.path().to_str().unwrap()).unwrap(), Clock::System)
    }

    pub(crate) fn start(&self) -> Service {
        let stop = CancellationToken::new();
        Service { task: tokio::spawn(bots::run(self.bots(), stop.clone())), stop }
    }

    /// Stops the service. Nothing is held: a test ends with it, unless it wanted something to be.
    pub(crate) async fn end(&self, service: Service) {
        let stop = async move {
            service.stop.cancel();
            service.task.await.unwrap().unwrap();
        };
        testbed::end(&self.journal, stop).await;
    }

    pub(crate) async fn say(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        let id = EventId::from_ulid(self.ids.ulid());
        let event = event.into().into_new(id, "/test", Clock::System.now(), Context::default());
        self.journal.append(&Subject::project(project), Expect::Any, vec![event]).await.unwrap();
    }

    /// Says what lifecycle says when a project is created.
    pub(crate) async fn create(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        self.recreate(project).await;
        project
    }

    pub(crate) async fn recreate(&self, project: ProjectId) {
        let workspace = WorkspaceId::INSTALLATION;
        self.say(project, ProjectCreated { name: "Pizza".into(), conversation_idle_seconds: None, workspace }).await;
    }

    pub(crate) async fn begin(&self, project: ProjectId, kind: OperationKind) -> OperationId {
        let operation = OperationId::from_ulid(self.ids.ulid());
        self.say(project, OperationStarted { operation, kind, deadline: Clock::System.now(), overwrite: false }).await;
        operation
    }

    pub(crate) async fn complete(&self, project: ProjectId, operation: OperationId) {
        self.say(project, OperationCompleted { operation }).await;
    }

    pub(crate) async fn fail_and_retry(&self, project: ProjectId, operation: OperationId) {
        self.say(project, OperationFailed { operation, step: "code".into(), code: "deadline".into(), reason: "late".into() }).await;
        self.say(project, OperationRetried { operation, deadline: Clock::System.now() }).await;
    }

    pub(crate) async fn said(&self, project: ProjectId) -> Vec<BotEvent> {
        let events = self.journal.entity(&Subject::bot(project)).await.unwrap();
        events.iter().map(|recorded| BotEvent::decode(recorded).unwrap()).collect()
    }

    /// Every event of the project's code, in short.
    pub(crate) async fn told(&self, project: ProjectId) -> Vec<&'static str> {
        let short = |event| match event {
            BotEvent::CodeInitialised(_) => "initialised",
            BotEvent::CodeCommitted(_) => "committed",
            BotEvent::CodeReset(_) => "reset",
            BotEvent::CodeErased(_) => "erased",
        };
        self.said(project).await.into_iter().map(short).collect()
    }

    pub(crate) async fn until(&self, project: ProjectId, wanted: &[&str]) {
        let what = format!("{wanted:?} of {project}");
        testbed::found(&what, async || self.told(project).await, |told: &Vec<&'static str>| told == wanted).await;
    }

    /// A project whose code is there.
    pub(crate) async fn ready(&self) -> ProjectId {
        let project = self.create().await;
        self.until(project, &["initialised"]).await;
        project
    }

    /// Files in the storage below a path, whole and half-written ones.
    pub(crate) fn stored(&self, path: &str) -> usize {
        let mut folders = vec![self.folder.path().join(path)];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            // A folder may go while it is looked at.
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                if entry.path().is_dir() { folders.push(entry.path()) } else { files += 1 }
            }
        }
        files
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let router = testbed::site(Health::new(), &self.ids).finish(bots::routes(self.bots())).unwrap();
        Answer::to(router, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(testbed::request(API_KEY, Method::GET, path, &[], None)).await
    }

    pub(crate) async fn put(&self, project: ProjectId, if_match: Option<&str>, body: Value) -> Answer {
        let tag = if_match.map(|version| format!("\"{version}\""));
        let headers = tag.as_deref().map(|tag| ("if-match", tag));
        let path = format!("/v1/projects/{project}/code");
        self.call(testbed::request(API_KEY, Method::PUT, &path, headers.as_slice(), Some(&body))).await
    }
}
