//! The whole house on servers of its own, for one test: everything real but Meta.

use std::time::{Duration, Instant};

use chassis::{Clock, Shutdown};
use chrono::{DateTime, Utc};
use contract::{HoldKind, ProjectId};
use embedded::{Nats, Postgres};
use journal::Journal;
use projections::ProjectDatabases;
use recorder::Followers;
use serde_json::{Value, json};
use sqlx::PgPool;
use standalone::house::{House, Parts, Terms};
use standalone::keys::Keys;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::apart::free_port;
use crate::held::parked;

/// How long anything may take before a test gives up and says what it waited for.
pub const WAIT_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// Requests by which the clock is moved once.
const MOVES_MAX: u32 = 20;

/// See the module.
pub struct Stage {
    /// The broker; its own, so that it can be killed.
    pub nats: Nats,
    /// The database server; its own if the test said so.
    pub postgres: Option<Postgres>,
    /// The keys of the house.
    pub keys: Keys,
    /// `http://127.0.0.1:…`
    pub base: String,
    /// The log.
    pub journal: Journal,
    /// The databases of projects.
    pub databases: ProjectDatabases,
    /// How far recording is.
    pub followers: Followers,
    /// For requests.
    pub http: reqwest::Client,
    /// The clock of the house: it can be moved.
    pub clock: Clock,
    database_url: String,
    objects: TempDir,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), standalone::Failure>>,
}

impl Stage {
    /// Starts servers and services. Postgres is shared by the tests of a process.
    pub async fn start() -> Self {
        let postgres = Postgres::shared().await.expect("postgres starts");
        let database_url = postgres.fresh_database().await.expect("a platform database");
        Self::on(Nats::scratch().await.expect("nats starts"), None, database_url, Clock::movable()).await
    }

    /// The same with a clock that stands until it is moved, for tests to the millisecond.
    pub async fn with_standing_clock() -> Self {
        let postgres = Postgres::shared().await.expect("postgres starts");
        let database_url = postgres.fresh_database().await.expect("a platform database");
        Self::on(Nats::scratch().await.expect("nats starts"), None, database_url, Clock::manual(Clock::System.now())).await
    }

    /// The same with a Postgres of its own, for tests that kill it.
    pub async fn with_own_postgres() -> Self {
        let postgres = Postgres::scratch().await.expect("postgres starts");
        let database_url = postgres.create_database("paige").await.expect("a platform database");
        Self::on(Nats::scratch().await.expect("nats starts"), Some(postgres), database_url, Clock::movable()).await
    }

    async fn on(nats: Nats, postgres: Option<Postgres>, database_url: String, clock: Clock) -> Self {
        let keys = Keys::random();
        let objects = tempfile::tempdir().expect("a folder for objects");
        // The house listens there again after a restart.
        let address = format!("127.0.0.1:{}", free_port());
        let (house, shutdown) = build(&nats, &database_url, &objects, &keys, &clock, &address).await;
        let base = format!("http://{}", house.address);
        let (journal, databases, followers) = (house.journal.clone(), house.databases.clone(), house.followers.clone());
        let running = run(house, shutdown.clone());
        let http = reqwest::Client::builder().timeout(WAIT_MAX).build().expect("a client");
        Self { nats, postgres, keys, base, journal, databases, followers, http, clock, database_url, objects, shutdown, running }
    }

    /// Stops the services and starts them again on the same servers and port.
    pub async fn restart(&mut self) {
        self.shutdown.begin();
        (&mut self.running).await.expect("no panic").expect("the house ends well");
        let address = self.base.trim_start_matches("http://").to_owned();
        let (house, shutdown) = build(&self.nats, &self.database_url, &self.objects, &self.keys, &self.clock, &address).await;
        (self.journal, self.databases, self.followers) = (house.journal.clone(), house.databases.clone(), house.followers.clone());
        self.running = run(house, shutdown.clone());
        self.shutdown = shutdown;
    }

    /// A project that is ready.
    pub async fn project(&self, name: &str) -> ProjectId {
        let created = self.call(reqwest::Method::POST, "/v1/projects", Some(json!({ "name": name }))).await;
        let id: ProjectId = created["project"]["id"].as_str().expect("an id").parse().expect("a project id");
        self.until(&format!("project {name} is ready"), async || {
            self.call(reqwest::Method::GET, &format!("/v1/projects/{id}"), None).await["status"] == "ready"
        })
        .await;
        id
    }

    /// Connects a number.
    pub async fn connect(&self, project: ProjectId, phone_number_id: &str) {
        let body = json!({ "phone_number_id": phone_number_id });
        self.call(reqwest::Method::PUT, &format!("/v1/projects/{project}/number"), Some(body)).await;
    }

    /// A project that is ready and has this number.
    pub async fn connected(&self, name: &str, phone_number_id: &str) -> ProjectId {
        let project = self.project(name).await;
        self.connect(project, phone_number_id).await;
        project
    }

    /// A project that is ready, with this number through the simulated Meta's signup: it can send.
    pub async fn signed_up(&self, name: &str, phone_number_id: &str, waba_id: &str) -> ProjectId {
        let project = self.project(name).await;
        self.sign_up(project, phone_number_id, waba_id).await;
        project
    }

    /// A project that is ready gets this number through the simulated Meta's signup.
    pub async fn sign_up(&self, project: ProjectId, phone_number_id: &str, waba_id: &str) {
        let wanted = json!({ "phone_number_id": phone_number_id, "waba_id": waba_id });
        let signup = self.sim(reqwest::Method::POST, "/signups", Some(wanted.clone())).await;
        let mut body = json!({ "code": signup["code"], "event": "FINISH" });
        for name in ["phone_number_id", "waba_id"] {
            body[name] = wanted[name].clone();
        }
        self.call(reqwest::Method::POST, &format!("/v1/projects/{project}/number/signup"), Some(body)).await;
        self.until(&format!("{phone_number_id} is connected"), async || {
            let shown = self.call(reqwest::Method::GET, &format!("/v1/projects/{project}"), None).await;
            shown["operation"]["status"] == "succeeded" && shown["number"]["phone_number_id"] == phone_number_id
        })
        .await;
    }

    /// Something happens at the simulated Meta, or on a phone.
    pub async fn sim(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}/sim/api{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let answer = answer.json().await.unwrap_or(Value::Null);
        assert!((200..300).contains(&status), "{path} answered {status}: {answer}");
        answer
    }

    /// A request with the key and an idempotency key: status and answer.
    pub async fn send(&self, path: &str, key: &str, message: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(self.keys.api_key.expose());
        let answer = request.header("idempotency-key", key).json(&message).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// A request with the key, answered with success.
    pub async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.request(method, path, body).await;
        assert!((200..300).contains(&status), "{path} answered {status}: {answer}");
        answer
    }

    /// A request with the key.
    pub async fn request(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(self.keys.api_key.expose());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// A webhook as Meta sends it; answers the status.
    pub async fn webhook(&self, body: impl Into<Vec<u8>>) -> u16 {
        let body = body.into();
        let signature = whatsapp::sign(self.keys.meta_app_secret.expose(), &body);
        let request = self.http.post(format!("{}/webhooks/meta", self.base)).header(whatsapp::SIGNATURE_HEADER, signature);
        request.body(body).send().await.expect("an answer").status().as_u16()
    }

    /// Until everything that is in the log is in the tables, or held until someone looks. What is set aside, perhaps because the machine was
    /// slow for a moment, comes by itself.
    pub async fn settle(&self) {
        let caught_up = async {
            loop {
                self.followers.webhooks.caught_up().await.expect("the log answers");
                self.followers.tables.caught_up().await.expect("the log answers");
                let held = self.journal.parked().await.expect("the log answers");
                if held.iter().all(|held| held.kind == HoldKind::Parked) {
                    return;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(WAIT_MAX, caught_up).await.unwrap_or_else(|_| panic!("not settled: {}", self.progress()));
    }

    /// Moves the clock as an operator does: whatever is due on the way happens. It may take more than one request.
    pub async fn move_clock(&self, to: DateTime<Utc>) {
        for _ in 0..MOVES_MAX {
            let (status, answer) = self.request(reqwest::Method::POST, "/v1/dev/clock", Some(json!({ "to": to }))).await;
            let on_its_way = status == 503 && answer["code"] == "clock_on_its_way";
            assert!(status == 200 || on_its_way, "the clock answered {status}: {answer}");
            if !on_its_way || self.clock.now() >= to {
                return;
            }
        }
        panic!("the clock does not come to {to} in {MOVES_MAX} requests");
    }

    /// Until a condition holds.
    pub async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let started = Instant::now();
        while !condition().await {
            assert!(started.elapsed() < WAIT_MAX, "waited in vain until {what}; {}", self.progress());
            tokio::time::sleep(POLL).await;
        }
    }

    /// The platform database, as a role that may do everything.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The project's database, as the platform sees it.
    pub fn tables(&self, project: ProjectId) -> PgPool {
        self.databases.pool(project)
    }

    /// A number from a query.
    pub async fn count(&self, project: ProjectId, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.tables(project)).await.expect(query)
    }

    /// The customer pays at the provider's page.
    pub async fn pay(&self, page: &str) {
        let paid = self.http.post(format!("{page}/payment")).send().await.expect("an answer");
        assert!(paid.status().is_success(), "{paid:?}");
    }

    /// Ends everything. Whatever is held and was not expected fails the test.
    pub async fn finish(self, expected_held: usize) {
        let held = parked(&self.journal).await;
        assert_eq!(held.len(), expected_held, "held keys: {held:?}");
        self.shutdown.begin();
        self.running.await.expect("no panic").expect("the house ends well");
    }

    fn progress(&self) -> String {
        format!("webhooks {:?}, tables {:?}", *self.followers.webhooks.status().borrow(), *self.followers.tables.status().borrow())
    }
}

async fn build(nats: &Nats, database_url: &str, objects: &TempDir, keys: &Keys, clock: &Clock, address: &str) -> (House, Shutdown) {
    let listener = TcpListener::bind(address).await.expect("a free port");
    let parts = Parts {
        nats_url: nats.url(),
        database_url: database_url.to_owned(),
        storage_url: objects.path().display().to_string(),
        mail: None,
        terms: Terms::default(),
        keys: keys.clone(),
        clock: clock.clone(),
        listener,
    };
    (House::build(parts).await.expect("the house is built"), Shutdown::new())
}

fn run(house: House, shutdown: Shutdown) -> JoinHandle<Result<(), standalone::Failure>> {
    tokio::spawn(async move { house.run(&shutdown).await })
}
