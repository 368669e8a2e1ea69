//! What every test stands on: a broker, a platform database and a folder of its own, the service in this process, Meta beside it, and the
//! log to play lifecycle and ingress on.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use chassis::{Clock, Health, Ids};
use contract::{
    CHANGE_RECEIVED, Context, DataKeyCreated, ENTRY_TIME, Event, EventId, FlowEvent, FlowId, NewEvent, NumberConnected, NumberOffered,
    OperationId, OperationKind, OperationStarted, ProjectCreated, ProjectEvent, ProjectId, Subject, WorkspaceId,
};
use embedded::Nats;
use flow_sync::{FlowSync, Parts, STREAMS};
use journal::{Expect, Journal};
use projects::{Projects, Tokens};
use sealing::{DataKey, MasterKey};
use serde_json::{Value, json};
use sqlx::PgPool;
use storage::Storage;
use tempfile::TempDir;
pub(crate) use testbed::{API_KEY, Answer};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::{Graph, Settings, Token};

use crate::meta::{Meta, TOKEN};
use crate::people::Everybody;

pub(crate) const MASTER_KEY: &str = "6d61737465722d6b65792d666f722d74657374732d3031323334353637383961";
/// No test lasts as long: what happens by itself happens for another reason.
const INTERVAL: Duration = Duration::from_secs(3_600);
pub(crate) const NUMBER: &str = "207358419203847";
pub(crate) const WABA: &str = "104857392016384";

pub(crate) struct World {
    _nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) pool: PgPool,
    pub(crate) folder: TempDir,
    pub(crate) ids: Ids,
    pub(crate) meta: Meta,
    service: FlowSync,
    router: Router,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), flow_sync::Error>>>,
}

/// A Flow JSON without fault, with that title.
pub(crate) fn good(title: &str) -> Value {
    json!({"version": "6.0", "screens": [{"id": "WELCOME", "title": title, "terminal": true, "success": true, "data": {},
        "layout": {"type": "SingleColumnLayout", "children": [
            {"type": "TextHeading", "text": "Hello"},
            {"type": "Footer", "label": "Done", "on-click-action": {"name": "complete", "payload": {}}}]}}]})
}

/// One that our validator refuses.
pub(crate) fn bad() -> Value {
    json!({"version": "6.0", "screens": []})
}

impl World {
    pub(crate) async fn new() -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        let pool = testbed::fresh_pool().await;
        let (folder, ids, meta) = (tempfile::tempdir().unwrap(), Ids::new(Clock::System), Meta::start().await);
        let service = service(&journal, &pool, &folder, &meta, INTERVAL).await;
        let (router, stop) = (router(&service, &ids), CancellationToken::new());
        let task = Some(tokio::spawn(flow_sync::run(service.clone(), stop.clone())));
        Self { _nats: nats, journal, pool, folder, ids, meta, service, router, stop, task }
    }

    /// The service begins anew over what is there; its own work too, if wanted.
    pub(crate) async fn again(&mut self, working: bool) {
        self.again_every(INTERVAL, working).await;
    }

    /// The same, with another time between two comparisons.
    pub(crate) async fn again_every(&mut self, interval: Duration, working: bool) {
        self.halt().await;
        self.service = service(&self.journal, &self.pool, &self.folder, &self.meta, interval).await;
        self.router = router(&self.service, &self.ids);
        if working {
            self.stop = CancellationToken::new();
            self.task = Some(tokio::spawn(flow_sync::run(self.service.clone(), self.stop.clone())));
        }
    }

    /// Stops its own work; the routes still answer.
    pub(crate) async fn halt(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap().unwrap();
        }
    }

    /// Nothing is held: a test ends with it.
    pub(crate) async fn end(mut self) {
        testbed::end(&self.journal.clone(), self.halt()).await;
    }

    pub(crate) async fn say(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        let id = EventId::from_ulid(self.ids.ulid());
        let event = event.into().into_new(id, "/test", Clock::System.now(), Context::default());
        self.journal.append(&Subject::project(project), Expect::Any, vec![event]).await.unwrap();
    }

    /// A project without a number.
    pub(crate) async fn project(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        let created = ProjectCreated { name: "Pizza".into(), conversation_idle_seconds: None, workspace: WorkspaceId::INSTALLATION };
        self.say(project, created).await;
        project
    }

    /// A project with a number in the account.
    pub(crate) async fn connected(&self) -> ProjectId {
        let project = self.project().await;
        self.connect(project).await;
        project
    }

    pub(crate) async fn connect(&self, project: ProjectId) {
        let master: MasterKey = MASTER_KEY.parse().unwrap();
        let key = DataKey::random();
        let created = ProjectEvent::from(DataKeyCreated { wrapped: key.wrap(&master, project) });
        let id = EventId::from_ulid(self.ids.ulid());
        let event: NewEvent = created.into_new(id, "/test", Clock::System.now(), Context::default());
        self.journal.append(&Subject::data_key(project), Expect::New, vec![event]).await.unwrap();
        let offered = NumberOffered {
            operation: OperationId::from_ulid(self.ids.ulid()),
            phone_number_id: NUMBER.to_owned(),
            waba_id: WABA.to_owned(),
            coexistence: false,
            sealed_token: key.seal(&format!("number_token/{NUMBER}"), TOKEN.as_bytes()),
            sealed_pin: key.seal(&format!("number_pin/{NUMBER}"), b"123456"),
        };
        self.say(project, offered).await;
        let (phone_number_id, waba_id) = (NUMBER.to_owned(), Some(WABA.to_owned()));
        self.say(project, NumberConnected { phone_number_id, waba_id, display_phone_number: None }).await;
    }

    pub(crate) async fn begin(&self, project: ProjectId, kind: OperationKind) -> OperationId {
        let operation = OperationId::from_ulid(self.ids.ulid());
        self.say(project, OperationStarted { operation, kind, deadline: Clock::System.now(), overwrite: false }).await;
        operation
    }

    /// A webhook of the field `flows`, said at that second.
    pub(crate) async fn webhook(&self, value: Value, seconds: i64) {
        let data = json!({"value": value, "field": "flows"}).to_string();
        let event = NewEvent {
            id: EventId::derive(CHANGE_RECEIVED, &[WABA, &seconds.to_string(), &data]),
            event_type: CHANGE_RECEIVED,
            source: "/test",
            time: Clock::System.now(),
            context: Context::default(),
            extensions: vec![(ENTRY_TIME, seconds.to_string())],
            content_type: "application/json",
            data: data.into(),
        };
        self.journal.append(&Subject::webhook(WABA, "flows").unwrap(), Expect::Any, vec![event]).await.unwrap();
    }

    pub(crate) async fn send(&self, method: Method, path: &str, if_match: Option<&str>, body: Option<&Value>) -> Answer {
        self.call(request(API_KEY, method, path, if_match, body)).await
    }

    /// Somebody else's request.
    pub(crate) async fn send_as(&self, who: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.call(request(who, method, path, None, body)).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        Answer::to(self.router.clone(), request).await
    }

    /// A request in a task of its own, which can be aborted.
    pub(crate) fn spawn(&self, method: Method, path: &str, body: Option<&Value>) -> JoinHandle<Answer> {
        tokio::spawn(Answer::to(self.router.clone(), request(API_KEY, method, path, None, body)))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, None, Some(body)).await
    }

    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None, None).await
    }

    /// Makes a Flow and gives its path.
    pub(crate) async fn make(&self, project: ProjectId, name: &str, json: &Value) -> String {
        let body = json!({"name": name, "categories": ["SURVEY"], "flow_json": json});
        let made = self.post(&format!("/v1/projects/{project}/flows"), &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.headers["location"].to_str().unwrap().to_owned()
    }

    /// A Flow that is at Meta, of a project whose number was connected after it was made. The comparison that a new number asks for brought
    /// it there, and is over: none comes unasked any more.
    pub(crate) async fn brought(&self, name: &str, json: &Value) -> (ProjectId, String) {
        let project = self.project().await;
        let path = self.make(project, name, json).await;
        self.connect(project).await;
        self.until(&path, "the new number's Flows were compared", |flow| flow["at_meta"]["state"] == "in_sync").await;
        // One at a time asks Meta about a Flow.
        assert_eq!(self.act(&format!("{path}/sync")).await.status, 200);
        (project, path)
    }

    pub(crate) async fn put(&self, path: &str, json: &Value, new_version: bool) -> Answer {
        let body = json!({"flow_json": json, "new_version": new_version});
        self.send(Method::PUT, &format!("{path}/json"), None, Some(&body)).await
    }

    /// The Flow's events, in short.
    pub(crate) async fn told(&self, path: &str) -> Vec<String> {
        let parts: Vec<&str> = path.split('/').collect();
        let (project, flow): (ProjectId, FlowId) = (parts[3].parse().unwrap(), parts[5].parse().unwrap());
        let events = self.journal.entity(&Subject::flow(project, flow)).await.unwrap();
        let short = |event: FlowEvent| event.event_type().trim_start_matches("flow.flow_").split('.').next().unwrap().to_owned();
        events.iter().map(|recorded| short(FlowEvent::decode(recorded).unwrap())).collect()
    }

    /// Waits until the Flow is shown like that.
    pub(crate) async fn until(&self, path: &str, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let fits = |shown: &Answer| shown.status == 200 && so(&shown.body);
        testbed::found(what, async || self.get(path).await, fits).await.body
    }

    pub(crate) fn file(&self, project: ProjectId, name: &str) -> Option<Value> {
        let bytes = std::fs::read(self.folder.path().join(format!("{project}/flows/{name}"))).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

fn request(who: &str, method: Method, path: &str, if_match: Option<&str>, body: Option<&Value>) -> Request<Body> {
    let tag = if_match.map(|tag| format!("\"{tag}\""));
    testbed::request(who, method, path, tag.as_deref().map(|tag| ("if-match", tag)).as_slice(), body)
}

fn router(service: &FlowSync, ids: &Ids) -> Router {
    let health = Health::new();
    service.register(&health);
    testbed::site(health, ids).authority(Everybody).finish(flow_sync::routes(service.clone())).unwrap()
}

async fn service(journal: &Journal, pool: &PgPool, folder: &TempDir, meta: &Meta, interval: Duration) -> FlowSync {
    let projects = Projects::start(journal.clone()).await.unwrap();
    projects.follow(CancellationToken::new());
    let settings = Settings { url: meta.url.clone(), app_id: "1".to_owned(), app_secret: Token::new("secret") };
    let service = FlowSync::new(Parts {
        journal: journal.clone(),
        pool: pool.clone(),
        storage: Storage::open(folder.path().to_str().unwrap()).unwrap(),
        projects,
        tokens: Tokens::new(journal.clone(), MASTER_KEY.parse().unwrap()),
        graph: Some(Graph::new(settings).unwrap()),
        interval,
        clock: Clock::System,
    });
    service.prepare().await.unwrap();
    service
}
