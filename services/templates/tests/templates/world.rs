//! What every test stands on: a broker of its own, the service in this process, Meta beside it, a clock that is moved, and the log to play
//! lifecycle and ingress on.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use chassis::{Clock, Health, Ids};
use chrono::{DateTime, TimeDelta};
use contract::{
    CHANGE_RECEIVED, Context, DataKeyCreated, ENTRY_TIME, Event, EventId, NewEvent, NumberConnected, NumberOffered, OperationId,
    OperationKind, OperationStarted, ProjectCreated, ProjectEvent, ProjectId, Subject, TemplateEvent, TemplateId, WorkspaceId,
};
use embedded::Nats;
use journal::{Expect, Journal};
use projects::{Projects, Tokens};
use sealing::{DataKey, MasterKey};
use serde_json::{Value, json};
use templates::{Parts, STREAMS, Templates};
pub(crate) use testbed::{API_KEY, Answer};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::{Graph, Settings, Token};

use crate::meta::{Meta, TOKEN};

pub(crate) const MASTER_KEY: &str = "6d61737465722d6b65792d666f722d74657374732d3031323334353637383961";
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// No test lasts as long: what happens by itself happens for another reason.
const INTERVAL: Duration = Duration::from_secs(3_600);
pub(crate) const WABA: &str = "104857392016384";
/// When tests begin, in seconds since 1970.
pub(crate) const BEGIN: i64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) meta: Meta,
    service: Templates,
    router: Router,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), templates::Error>>>,
}

/// A template that Meta takes.
pub(crate) fn draft(name: &str, text: &str) -> Value {
    json!({"name": name, "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": text}]})
}

/// A change of what it says.
pub(crate) fn saying(text: &str) -> Value {
    json!({"components": [{"type": "BODY", "text": text}]})
}

impl World {
    pub(crate) async fn new() -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        let clock = Clock::manual(DateTime::from_timestamp(BEGIN, 0).unwrap());
        let (ids, meta) = (Ids::new(Clock::System), Meta::start().await);
        let service = service(&journal, &meta, &clock, INTERVAL).await;
        let (router, stop) = (router(&service, &ids), CancellationToken::new());
        let task = Some(tokio::spawn(templates::run(service.clone(), stop.clone())));
        Self { nats, journal, ids, clock, meta, service, router, stop, task }
    }

    /// The service begins anew over what the log has.
    pub(crate) async fn again(&mut self) {
        self.again_every(INTERVAL).await;
    }

    /// The same, with another time between two comparisons.
    pub(crate) async fn again_every(&mut self, interval: Duration) {
        self.halt().await;
        self.service = service(&self.journal, &self.meta, &self.clock, interval).await;
        self.router = router(&self.service, &self.ids);
        self.stop = CancellationToken::new();
        self.task = Some(tokio::spawn(templates::run(self.service.clone(), self.stop.clone())));
    }

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

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    pub(crate) async fn say(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        self.say_on(&Subject::project(project), event).await;
    }

    async fn say_on(&self, subject: &Subject, event: impl Into<ProjectEvent>) {
        let id = EventId::from_ulid(self.ids.ulid());
        let event = event.into().into_new(id, "/test", self.clock.now(), Context::default());
        self.journal.append(subject, Expect::Any, vec![event]).await.unwrap();
    }

    /// A project without a number.
    pub(crate) async fn project(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        let created = ProjectCreated { name: "Pizza".into(), conversation_idle_seconds: None, workspace: WorkspaceId::INSTALLATION };
        self.say(project, created).await;
        project
    }

    /// A project with a number in the account. The comparison that a new number asks for has its list already: it says nothing of what
    /// comes after.
    pub(crate) async fn connected(&self) -> ProjectId {
        let (project, lists) = (self.project().await, self.meta.asked("list"));
        self.connect(project, WABA).await;
        if self.task.is_some() {
            testbed::until("the new number's templates were compared", async || self.meta.asked("list") > lists).await;
        }
        project
    }

    pub(crate) async fn connect(&self, project: ProjectId, waba: &str) {
        let (master, key): (MasterKey, _) = (MASTER_KEY.parse().unwrap(), DataKey::random());
        let number = format!("2{:014}", self.ids.ulid().0 % 100_000_000_000_000);
        self.say_on(&Subject::data_key(project), DataKeyCreated { wrapped: key.wrap(&master, project) }).await;
        let offered = NumberOffered {
            operation: OperationId::from_ulid(self.ids.ulid()),
            phone_number_id: number.clone(),
            waba_id: waba.to_owned(),
            coexistence: false,
            sealed_token: key.seal(&format!("number_token/{number}"), TOKEN.as_bytes()),
            sealed_pin: "v1.pin".into(),
        };
        self.say(project, offered).await;
        let waba_id = Some(waba.to_owned());
        self.say(project, NumberConnected { phone_number_id: number, waba_id, display_phone_number: None }).await;
    }

    pub(crate) async fn begin(&self, project: ProjectId, kind: OperationKind) -> OperationId {
        let operation = OperationId::from_ulid(self.ids.ulid());
        self.say(project, OperationStarted { operation, kind, deadline: self.clock.now(), overwrite: false }).await;
        operation
    }

    /// A webhook about a template, said so many seconds after the tests began. `nth` is another delivery of the same.
    pub(crate) async fn webhook(&self, field: &str, value: Value, seconds: i64, nth: u32) {
        let at = (BEGIN + seconds).to_string();
        let data = json!({"value": value, "field": field}).to_string();
        let event = NewEvent {
            id: EventId::derive(CHANGE_RECEIVED, &[WABA, &at, &data, &nth.to_string()]),
            event_type: CHANGE_RECEIVED,
            source: "/test",
            time: self.clock.now(),
            context: Context::default(),
            extensions: vec![(ENTRY_TIME, at)],
            content_type: "application/json",
            data: data.into(),
        };
        self.journal.append(&Subject::webhook(WABA, field).unwrap(), Expect::Any, vec![event]).await.unwrap();
    }

    pub(crate) async fn send(&self, method: Method, path: &str, if_match: Option<&str>, body: Option<&Value>) -> Answer {
        self.call(testbed::request(API_KEY, method, path, if_match.map(|tag| ("if-match", tag)).as_slice(), body)).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        Answer::to(self.router.clone(), request).await
    }

    /// A request in a task of its own, which can be aborted.
    pub(crate) fn spawn(&self, path: &str, body: &Value) -> JoinHandle<Answer> {
        tokio::spawn(Answer::to(self.router.clone(), testbed::request(API_KEY, Method::POST, path, &[], Some(body))))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None, None).await
    }

    pub(crate) async fn post(&self, project: ProjectId, template: &Value) -> Answer {
        self.send(Method::POST, &format!("/v1/projects/{project}/templates"), None, Some(template)).await
    }

    pub(crate) async fn sync(&self, project: ProjectId) -> Value {
        let synced = self.act(&format!("/v1/projects/{project}/templates/sync")).await;
        assert_eq!(synced.status, 200, "{}", synced.body);
        synced.body
    }

    /// Makes a template that Meta approved at once, and gives its path.
    pub(crate) async fn approved(&self, project: ProjectId, name: &str) -> String {
        let made = self.post(project, &draft(name, "Hello you.")).await;
        assert_eq!(made.status, 201, "{}", made.body);
        self.meta.change(|held| held.status = "APPROVED".to_owned());
        let path = format!("/v1/projects/{project}/templates/{}", made.id());
        self.sync(project).await;
        self.until(&path, "it is approved", |body| body["status"] == "APPROVED").await;
        path
    }

    /// The template's events, in short.
    pub(crate) async fn told(&self, path: &str) -> Vec<String> {
        let parts: Vec<&str> = path.split('/').collect();
        let (project, template): (ProjectId, TemplateId) = (parts[3].parse().unwrap(), parts[5].parse().unwrap());
        let events = self.journal.entity(&Subject::template(project, template)).await.unwrap();
        let short = |event: TemplateEvent| event.event_type().trim_start_matches("template.template_").trim_end_matches(".v1").to_owned();
        events.iter().map(|recorded| short(TemplateEvent::decode(recorded).unwrap())).collect()
    }

    /// Every status that was reported, in order.
    pub(crate) async fn statuses(&self, path: &str) -> Vec<String> {
        let parts: Vec<&str> = path.split('/').collect();
        let (project, template): (ProjectId, TemplateId) = (parts[3].parse().unwrap(), parts[5].parse().unwrap());
        let events = self.journal.entity(&Subject::template(project, template)).await.unwrap();
        let status = |event: TemplateEvent| {
            if let TemplateEvent::TemplateStatusReported(reported) = event { Some(reported.status) } else { None }
        };
        events.iter().filter_map(|recorded| status(TemplateEvent::decode(recorded).unwrap())).collect()
    }

    /// Waits until the template is shown like that.
    pub(crate) async fn until(&self, path: &str, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let fits = |shown: &Answer| shown.status == 200 && so(&shown.body);
        testbed::found(what, async || self.get(path).await, fits).await.body
    }
}

fn router(service: &Templates, ids: &Ids) -> Router {
    let health = Health::new();
    service.register(&health);
    testbed::site(health, ids).finish(templates::routes(service.clone())).unwrap()
}

async fn service(journal: &Journal, meta: &Meta, clock: &Clock, interval: Duration) -> Templates {
    let projects = Projects::start(journal.clone()).await.unwrap();
    projects.follow(CancellationToken::new());
    let settings = Settings { url: meta.url.clone(), app_id: "1".to_owned(), app_secret: Token::new("secret") };
    Templates::new(Parts {
        journal: journal.clone(),
        projects,
        tokens: Tokens::new(journal.clone(), MASTER_KEY.parse().unwrap()),
        graph: Some(Graph::new(settings).unwrap()),
        interval,
        clock: clock.clone(),
    })
}
