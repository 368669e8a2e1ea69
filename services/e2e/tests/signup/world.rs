//! Lifecycle on a real broker and a real Postgres, beside a simulated Meta; both outlive it, and it can be killed.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use contract::{
    BillingEvent, BotEvent, CodeErased, Context, DatabaseDropped, DatabaseEvent, Event, EventId, FlowEvent, FlowSpaceErased, MediaErased,
    MediaEvent, OperationId, ProjectId, Stream, Subject, SubscriptionClosed, TemplateEvent, TemplatesErased,
};
use e2e::bed::ready_project;
use embedded::{Nats, Postgres};
use http_body_util::BodyExt;
use ingress::Ingress;
use journal::{ConnectOptions, Expect, Journal};
use lifecycle::Lifecycle;
use sealing::MasterKey;
use serde_json::{Value, json};
use simulator::{APP_ID, Settings, Simulator};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use whatsapp::AppSecrets;
use whatsapp::graph::{self, Graph, Token};

const KEY: &str = "paige_test_key_of_20";
const SECRET: &str = "app-secret";
const WAIT_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// The test alone writes beside lifecycle: nothing is on its way to the log for longer.
const LATE_APPENDS: Duration = Duration::from_secs(1);

/// Servers and Meta, which outlive every life of lifecycle.
pub(crate) struct World {
    pub(crate) journal: Journal,
    database_url: String,
    meta: String,
    router: Router,
    running: JoinHandle<()>,
    pub(crate) clock: Clock,
    ids: Ids,
    http: reqwest::Client,
    _nats: Nats,
}

impl World {
    pub(crate) async fn new() -> Self {
        let nats = Nats::scratch().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
        journal.open(&Stream::ALL).await.unwrap();
        let database_url = Postgres::shared().await.unwrap().fresh_database().await.unwrap();
        let clock = Clock::movable();
        let ids = Ids::new(clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let meta = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { target: format!("{meta}/webhooks/meta"), app_secret: Secret::new(SECRET), app_id: APP_ID.to_owned() };
        let simulator = Simulator::new(settings, clock.clone(), &ids).unwrap();
        let secrets = AppSecrets::new(SECRET, None).unwrap();
        let ingress = Ingress::new(journal.clone(), clock.clone(), secrets, Secret::new("verify"));
        let routes: OpenApiRouter = OpenApiRouter::new().merge(simulator::routes(simulator.clone())).merge(ingress::routes(ingress));
        let (router, _) = routes.split_for_parts();
        tokio::spawn(async move { axum::serve(listener, router).await });
        tokio::spawn(async move { simulator.run(CancellationToken::new()).await });
        let http = reqwest::Client::builder().timeout(WAIT_MAX).build().unwrap();
        let (router, running) = live(&journal, &database_url, &meta, &clock, &ids).await;
        Self { journal, database_url, meta, router, running, clock, ids, http, _nats: nats }
    }

    /// Lifecycle is killed where it stands, and started again.
    pub(crate) async fn kill(&mut self) {
        self.running.abort();
        let _ = (&mut self.running).await;
        (self.router, self.running) = live(&self.journal, &self.database_url, &self.meta, &self.clock, &self.ids).await;
    }

    pub(crate) async fn project(&self) -> ProjectId {
        let id = ready_project(&self.journal, &self.ids).await;
        let path = format!("/v1/projects/{id}");
        self.until("the project is shown", async || self.ask(Method::GET, &path, None).await.0 == 200).await;
        id
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {KEY}"));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.router.clone().oneshot(request.header("content-type", "application/json").body(body).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// What the browser has after the popup.
    pub(crate) async fn popup(&self, signup: Value) -> Value {
        let answer: Value =
            self.http.post(format!("{}/sim/api/signups", self.meta)).json(&signup).send().await.unwrap().json().await.unwrap();
        let mut body = json!({"code": answer["code"], "event": answer["event"]["event"]});
        for name in ["waba_id", "phone_number_id"] {
            if let Some(id) = answer["event"]["data"].get(name) {
                body[name] = id.clone();
            }
        }
        body
    }

    pub(crate) async fn faults(&self, faults: Value) {
        let answer = self.http.put(format!("{}/sim/api/graph/faults", self.meta)).json(&faults).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{faults}");
    }

    /// Meta's reviewer decides about the display name of a number.
    pub(crate) async fn review(&self, number: &str, decision: Value) {
        let answer =
            self.http.post(format!("{}/sim/api/graph/numbers/{number}/display-name", self.meta)).json(&decision).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{decision}");
    }

    /// The number's owner takes every token back at Meta.
    pub(crate) async fn revoke(&self, number: &str) {
        let answer = self.http.delete(format!("{}/sim/api/graph/numbers/{number}/tokens", self.meta)).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{number}");
    }

    pub(crate) async fn line(&self, number: &str) -> Value {
        self.http.get(format!("{}/sim/api/graph/numbers/{number}", self.meta)).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn calls(&self, name: &str, node: &str) -> usize {
        self.calls_about(&[node]).await.iter().filter(|(call, _)| call == name).count()
    }

    /// The calls about these nodes, in order, each with how it ended.
    pub(crate) async fn calls_about(&self, nodes: &[&str]) -> Vec<(String, String)> {
        let calls: Value = self.http.get(format!("{}/sim/api/graph/calls", self.meta)).send().await.unwrap().json().await.unwrap();
        let about = calls["data"].as_array().unwrap().iter().filter(|call| nodes.iter().any(|node| call["node"] == *node));
        about.map(|call| (call["name"].as_str().unwrap().to_owned(), call["outcome"].as_str().unwrap().to_owned())).collect()
    }

    pub(crate) async fn sign_up(&self, project: ProjectId, body: Value) -> (u16, Value) {
        self.ask(Method::POST, &format!("/v1/projects/{project}/number/signup"), Some(body)).await
    }

    /// What is kept of signups that have not led to an operation.
    pub(crate) async fn kept(&self) -> Vec<String> {
        let mut connection = PgConnection::connect(&self.database_url).await.unwrap();
        sqlx::query_scalar("SELECT s::text FROM lifecycle.signups s").fetch_all(&mut connection).await.unwrap()
    }

    /// The operation when it stands so.
    pub(crate) async fn operation(&self, id: &str, status: &str) -> Value {
        let path = format!("/v1/operations/{id}");
        self.until(&format!("operation {id} is {status}"), async || self.ask(Method::GET, &path, None).await.1["status"] == status).await;
        self.ask(Method::GET, &path, None).await.1
    }

    /// A project with a number by signup.
    pub(crate) async fn connected(&self, number: &str, waba: &str) -> ProjectId {
        let project = self.project().await;
        let body = self.popup(json!({"phone_number_id": number, "waba_id": waba})).await;
        let (status, accepted) = self.sign_up(project, body).await;
        assert_eq!(status, 202, "{accepted}");
        self.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
        project
    }

    /// Deletes a project; the operation that does it.
    pub(crate) async fn delete(&self, project: ProjectId) -> OperationId {
        let (status, accepted) = self.ask(Method::DELETE, &format!("/v1/projects/{project}"), Some(json!({"confirm": "Pizza"}))).await;
        assert_eq!(status, 202, "{accepted}");
        accepted["id"].as_str().unwrap().parse().unwrap()
    }

    /// What the other services say when their part of a deletion is done.
    pub(crate) async fn others_are_done(&self, id: ProjectId, operation: OperationId) {
        self.say(Subject::database(id), DatabaseEvent::from(DatabaseDropped { operation })).await;
        self.say(Subject::bot(id), BotEvent::from(CodeErased { operation })).await;
        self.say(Subject::flow_space(id), FlowEvent::from(FlowSpaceErased { operation })).await;
        self.say(Subject::template_space(id), TemplateEvent::from(TemplatesErased { operation })).await;
        self.say(Subject::media_space(id), MediaEvent::from(MediaErased { operation })).await;
        self.say(Subject::billing(id), BillingEvent::from(SubscriptionClosed { operation })).await;
    }

    async fn say(&self, subject: Subject, event: impl Event) {
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        self.journal.append(&subject, Expect::Any, vec![event]).await.unwrap();
    }

    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let started = Instant::now();
        while !condition().await {
            assert!(started.elapsed() < WAIT_MAX, "waited in vain until {what}");
            tokio::time::sleep(POLL).await;
        }
    }
}

async fn live(journal: &Journal, database_url: &str, meta: &str, clock: &Clock, ids: &Ids) -> (Router, JoinHandle<()>) {
    let pool = PgPoolOptions::new().max_connections(4).connect(database_url).await.unwrap();
    let url = format!("{meta}/sim/graph/v26.0");
    let graph = Graph::new(graph::Settings { url, app_id: APP_ID.to_owned(), app_secret: Token::new(SECRET) }).unwrap();
    let master: MasterKey = "0b".repeat(32).parse().unwrap();
    let lifecycle = Lifecycle::new(journal.clone(), pool, clock.clone(), ids.clone(), master).with_graph(Some(graph));
    let lifecycle = lifecycle.with_late_appends(LATE_APPENDS);
    lifecycle.prepare().await.unwrap();
    let site = Site::new("test", Secret::new(KEY), Health::new(), Metrics::install().unwrap(), ids.clone());
    let router = site.finish(lifecycle::routes(lifecycle.clone())).unwrap();
    let running = tokio::spawn(async move {
        lifecycle::run(lifecycle, CancellationToken::new()).await.unwrap();
    });
    (router, running)
}
