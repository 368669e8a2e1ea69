//! Numbers through Meta's signup: lifecycle on a real broker and a real Postgres, beside a simulated Meta that outlives it.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use contract::{ProjectId, Stream, Subject};
use e2e::bed::ready_project;
use embedded::{Nats, Postgres};
use futures::StreamExt;
use http_body_util::BodyExt;
use ingress::Ingress;
use journal::{ConnectOptions, Filter, Journal, Range};
use lifecycle::Lifecycle;
use sealing::MasterKey;
use serde_json::{Value, json};
use simulator::{APP_ID, Settings, Simulator};
use sqlx::postgres::PgPoolOptions;
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

/// Servers and Meta, which outlive every life of lifecycle.
struct World {
    journal: Journal,
    database_url: String,
    meta: String,
    router: Router,
    running: JoinHandle<()>,
    ids: Ids,
    http: reqwest::Client,
    _nats: Nats,
}

impl World {
    async fn new() -> Self {
        let nats = Nats::scratch().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
        journal.open(&Stream::ALL).await.unwrap();
        let database_url = Postgres::shared().await.unwrap().fresh_database().await.unwrap();
        let ids = Ids::new(Clock::System);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let meta = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { target: format!("{meta}/webhooks/meta"), app_secret: Secret::new(SECRET), app_id: APP_ID.to_owned() };
        let simulator = Simulator::new(settings, Clock::System, &ids).unwrap();
        let secrets = AppSecrets::new(SECRET, None).unwrap();
        let ingress = Ingress::new(journal.clone(), Clock::System, secrets, Secret::new("verify"));
        let routes: OpenApiRouter = OpenApiRouter::new().merge(simulator::routes(simulator.clone())).merge(ingress::routes(ingress));
        let (router, _) = routes.split_for_parts();
        tokio::spawn(async move { axum::serve(listener, router).await });
        tokio::spawn(async move { simulator.run(CancellationToken::new()).await });
        let http = reqwest::Client::builder().timeout(WAIT_MAX).build().unwrap();
        let (router, running) = live(&journal, &database_url, &meta, &ids).await;
        Self { journal, database_url, meta, router, running, ids, http, _nats: nats }
    }

    /// Lifecycle is killed where it stands, and started again.
    async fn kill(&mut self) {
        self.running.abort();
        let _ = (&mut self.running).await;
        (self.router, self.running) = live(&self.journal, &self.database_url, &self.meta, &self.ids).await;
    }

    async fn project(&self) -> ProjectId {
        let id = ready_project(&self.journal, &self.ids).await;
        let path = format!("/v1/projects/{id}");
        self.until("the project is shown", async || self.ask(Method::GET, &path, None).await.0 == 200).await;
        id
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {KEY}"));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.router.clone().oneshot(request.header("content-type", "application/json").body(body).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// What the browser has after the popup.
    async fn popup(&self, signup: Value) -> Value {
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

    async fn faults(&self, faults: Value) {
        let answer = self.http.put(format!("{}/sim/api/graph/faults", self.meta)).json(&faults).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{faults}");
    }

    async fn line(&self, number: &str) -> Value {
        self.http.get(format!("{}/sim/api/graph/numbers/{number}", self.meta)).send().await.unwrap().json().await.unwrap()
    }

    async fn calls(&self, name: &str, number: &str) -> usize {
        let calls: Value = self.http.get(format!("{}/sim/api/graph/calls", self.meta)).send().await.unwrap().json().await.unwrap();
        calls["data"].as_array().unwrap().iter().filter(|call| call["name"] == name && call["node"] == number).count()
    }

    async fn sign_up(&self, project: ProjectId, body: Value) -> (u16, Value) {
        self.ask(Method::POST, &format!("/v1/projects/{project}/number/signup"), Some(body)).await
    }

    /// The operation when it stands so.
    async fn operation(&self, id: &str, status: &str) -> Value {
        let path = format!("/v1/operations/{id}");
        self.until(&format!("operation {id} is {status}"), async || self.ask(Method::GET, &path, None).await.1["status"] == status).await;
        self.ask(Method::GET, &path, None).await.1
    }

    /// A project with a number by signup.
    async fn connected(&self, number: &str, waba: &str) -> ProjectId {
        let project = self.project().await;
        let body = self.popup(json!({"phone_number_id": number, "waba_id": waba})).await;
        let (status, accepted) = self.sign_up(project, body).await;
        assert_eq!(status, 202, "{accepted}");
        self.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
        project
    }

    async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let started = Instant::now();
        while !condition().await {
            assert!(started.elapsed() < WAIT_MAX, "waited in vain until {what}");
            tokio::time::sleep(POLL).await;
        }
    }
}

async fn live(journal: &Journal, database_url: &str, meta: &str, ids: &Ids) -> (Router, JoinHandle<()>) {
    let pool = PgPoolOptions::new().max_connections(4).connect(database_url).await.unwrap();
    let url = format!("{meta}/sim/graph/v26.0");
    let graph = Graph::new(graph::Settings { url, app_id: APP_ID.to_owned(), app_secret: Token::new(SECRET) }).unwrap();
    let master: MasterKey = "0b".repeat(32).parse().unwrap();
    let lifecycle = Lifecycle::new(journal.clone(), pool, Clock::System, ids.clone(), master).with_graph(Some(graph));
    lifecycle.prepare().await.unwrap();
    let site = Site::new("test", Secret::new(KEY), Health::new(), Metrics::install().unwrap(), ids.clone());
    let router = site.finish(lifecycle::routes(lifecycle.clone())).unwrap();
    let running = tokio::spawn(async move {
        lifecycle::run(lifecycle, CancellationToken::new()).await.unwrap();
    });
    (router, running)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_signed_up_again_and_given_back_and_its_secrets_are_nowhere() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let path = format!("/v1/projects/{project}");
    let shown = world.ask(Method::GET, &path, None).await.1;
    assert_eq!(shown["number"]["phone_number_id"], "101");
    assert_eq!(shown["number"]["waba_id"], "201");
    let line = world.line("101").await;
    assert_eq!((line["registered"].clone(), line["subscribed"].clone()), (json!(true), json!(true)));

    // Again: another token, the same PIN, or Meta would refuse it.
    let (status, accepted) = world.sign_up(project, world.popup(json!({"phone_number_id": "101", "waba_id": "201"})).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;

    let mut events = std::pin::pin!(world.journal.replay(Stream::Project, Range::ALL, Filter::all()));
    let mut seen = 0;
    while let Some(event) = events.next().await {
        let text = String::from_utf8(event.unwrap().data.to_vec()).unwrap();
        assert!(!text.contains("EAAG"), "a token is in the log: {text}");
        seen += 1;
    }
    assert!(seen > 10);

    let (status, accepted) = world.ask(Method::DELETE, &format!("{path}/number"), None).await;
    assert_eq!((status, &accepted["kind"]), (202, &json!("disconnect_number")), "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    let line = world.line("101").await;
    assert_eq!((line["registered"].clone(), line["subscribed"].clone()), (json!(false), json!(false)));
    assert_eq!(world.ask(Method::GET, &path, None).await.1["number"], Value::Null);
    assert_eq!(world.ask(Method::DELETE, &format!("{path}/number"), None).await.0, 204);
    world.connected("101", "201").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_stays_in_the_app_is_never_registered() {
    let world = World::new().await;
    let project = world.project().await;
    let popup = json!({"phone_number_id": "101", "waba_id": "201", "event": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"});
    let (status, accepted) = world.sign_up(project, world.popup(popup).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    let (_, accepted) = world.ask(Method::DELETE, &format!("/v1/projects/{project}/number"), None).await;
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    assert_eq!((world.calls("register", "101").await, world.calls("deregister", "101").await), (0, 0));
    assert_eq!(world.line("101").await["subscribed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_or_its_answer_lost_the_number_is_connected_all_the_same() {
    let mut world = World::new().await;
    for (index, (call, done)) in [("subscribe", 0), ("register", 1), ("number", 2)].into_iter().enumerate() {
        let (number, waba) = (format!("10{index}"), format!("20{index}"));
        let project = world.project().await;
        world.faults(json!([{"call": call, "code": 2, "http_status": 503, "times": 100_000}])).await;
        let body = world.popup(json!({"phone_number_id": number, "waba_id": waba})).await;
        let (status, accepted) = world.sign_up(project, body).await;
        assert_eq!(status, 202, "{accepted}");
        let id = accepted["id"].as_str().unwrap().to_owned();
        let node = if call == "subscribe" { &waba } else { &number };
        world.until(&format!("{call} was tried"), async || world.calls(call, node).await > 0).await;
        world.kill().await;
        let steps = world.ask(Method::GET, &format!("/v1/operations/{id}"), None).await.1;
        let complete = steps["steps"].as_array().unwrap().iter().filter(|step| step["status"] == "done").count();
        assert_eq!(complete, done, "{steps}");
        // Meta does it, and nobody hears of it.
        world.faults(json!([{"call": call, "lose_answer": true}])).await;
        world.operation(&id, "succeeded").await;
        assert_eq!(world.line(&number).await["registered"], true);
        let claims = world.journal.entity(&Subject::number(&number).unwrap()).await.unwrap();
        assert_eq!(claims.len(), 1, "claimed once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_refuses_names_the_step_and_metas_words_and_can_be_tried_again() {
    let world = World::new().await;
    let cases = [
        ("subscribe", "subscribe_app", 200, "access_lost"),
        ("subscribe", "subscribe_app", 368, "meta_refused"),
        ("register", "register", 133_005, "pin_mismatch"),
        ("register", "register", 133_006, "number_not_verified"),
        ("register", "register", 133_008, "pin_guesses_exceeded"),
        ("register", "register", 133_015, "number_recently_deleted"),
        ("register", "register", 133_016, "registration_limit_reached"),
        ("number", "read_number", 190, "access_lost"),
    ];
    for (index, (call, step, code, name)) in cases.into_iter().enumerate() {
        let project = world.project().await;
        world.faults(json!([{"call": call, "code": code, "message": format!("(#{code}) as Meta says")}])).await;
        let popup = json!({"phone_number_id": format!("10{index}"), "waba_id": format!("20{index}")});
        let (status, accepted) = world.sign_up(project, world.popup(popup).await).await;
        assert_eq!(status, 202, "{accepted}");
        let id = accepted["id"].as_str().unwrap();
        let failed = world.operation(id, "failed").await;
        assert_eq!((&failed["error"]["step"], &failed["error"]["code"]), (&json!(step), &json!(name)), "{failed}");
        assert!(failed["error"]["reason"].as_str().unwrap().contains(&format!("(#{code}) as Meta says")), "{failed}");
        let (status, retried) = world.ask(Method::POST, &format!("/v1/projects/{project}/retry"), None).await;
        assert_eq!(status, 202, "{retried}");
        world.operation(id, "succeeded").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_claims_is_not_believed() {
    let world = World::new().await;
    let other = world.connected("109", "209").await;
    let project = world.project().await;
    let refused = async |body: Value, status: u16, code: &str| {
        let (answered, problem) = world.sign_up(project, body.clone()).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{problem}");
    };
    for (field, value) in [
        ("code", json!("")),
        ("code", json!("a".repeat(2049))),
        ("code", json!("a b")),
        ("waba_id", json!("../me")),
        ("phone_number_id", json!("1.2")),
        ("pin", json!("12345")),
        ("event", json!("CANCEL")),
    ] {
        let mut body = json!({"code": "AQ", "event": "FINISH"});
        body[field] = value;
        refused(body, 422, "invalid_body").await;
    }
    refused(json!({"code": "made-up", "event": "FINISH"}), 422, "code_refused").await;
    let with = async |signup: Value, changes: Value| {
        let mut body = world.popup(signup).await;
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let own = json!({"phone_number_id": "101", "waba_id": "201"});
    refused(with(own.clone(), json!({"waba_id": "209"})).await, 422, "account_not_granted").await;
    refused(with(own.clone(), json!({"phone_number_id": "109"})).await, 422, "number_not_in_account").await;
    refused(with(json!({"phone_number_id": "101", "waba_id": "201", "app_id": "666"}), json!({})).await, 422, "foreign_token").await;
    refused(world.popup(json!({"phone_number_id": "109", "waba_id": "209"})).await, 409, "number_taken").await;
    let spent = world.popup(own).await;
    assert_eq!(world.sign_up(project, spent.clone()).await.0, 202);
    world
        .until("it is connected", async || world.ask(Method::GET, &format!("/v1/projects/{project}"), None).await.1["number"].is_object())
        .await;
    refused(spent, 422, "code_refused").await;
    assert_eq!(world.ask(Method::GET, &format!("/v1/projects/{other}"), None).await.1["number"]["phone_number_id"], "109");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_and_a_display_name_need_a_number_and_follow_what_meta_says() {
    let world = World::new().await;
    let project = world.project().await;
    let (profile, name) = (format!("/v1/projects/{project}/profile"), format!("/v1/projects/{project}/display-name"));
    for (method, path, body) in [
        (Method::GET, &profile, None),
        (Method::PATCH, &profile, Some(json!({"about": "Pizza"}))),
        (Method::PUT, &name, Some(json!({"name": "Pizza"}))),
    ] {
        let (status, problem) = world.ask(method, path, body).await;
        assert_eq!((status, &problem["code"]), (409, &json!("number_not_connected")), "{problem}");
    }
    let (status, accepted) = world.sign_up(project, world.popup(json!({"phone_number_id": "101", "waba_id": "201"})).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;

    let wrong = json!({"about": "", "websites": ["https://a.example", "ftp://b.example"], "photo": "AAAA"});
    let (status, problem) = world.ask(Method::PATCH, &profile, Some(wrong)).await;
    let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!((status, pointers), (422, vec!["/about", "/websites/1", "/photo"]));
    let change = json!({"about": "Pizza since 1999", "email": "a@b.example", "vertical": "RESTAURANT", "photo": "/9j/4AAQSkZJRg=="});
    let (status, changed) = world.ask(Method::PATCH, &profile, Some(change)).await;
    assert_eq!((status, &changed["about"]), (200, &json!("Pizza since 1999")), "{changed}");
    let (status, changed) = world.ask(Method::PATCH, &profile, Some(json!({"email": null}))).await;
    assert_eq!((status, &changed["email"], &changed["vertical"]), (200, &Value::Null, &json!("RESTAURANT")), "{changed}");
    let shown = world.ask(Method::GET, &profile, None).await.1;
    assert_eq!((&shown["about"], &shown["email"]), (&json!("Pizza since 1999"), &Value::Null));
    assert!(shown["photo_url"].is_string(), "{shown}");

    for (asked, approved, expected) in [("Pizza", false, "rejected"), ("Main St. Pizza", true, "approved")] {
        let (status, pending) = world.ask(Method::PUT, &name, Some(json!({"name": asked}))).await;
        assert_eq!((status, &pending["status"]), (202, &json!("pending")), "{pending}");
        let (status, problem) = world.ask(Method::PUT, &name, Some(json!({"name": "Another"}))).await;
        assert_eq!((status, &problem["code"]), (409, &json!("display_name_in_review")), "{problem}");
        let review = world.http.post(format!("{}/sim/api/graph/numbers/101/display-name", world.meta));
        assert_eq!(review.json(&json!({"approved": approved, "reason": "NAME_FORMAT_UNACCEPTABLE"})).send().await.unwrap().status(), 204);
        world.until("the decision came", async || world.ask(Method::GET, &name, None).await.1["status"] == expected).await;
    }
    let shown = world.ask(Method::GET, &name, None).await.1;
    assert_eq!((&shown["verified_name"], &shown["reason"]), (&json!("Main St. Pizza"), &Value::Null), "{shown}");
}
