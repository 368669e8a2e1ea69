//! What every test of billing stands on: a broker and a platform database of its own, a clock that stands, a provider, the service in this
//! process, and the log to play lifecycle and ingress on.

use std::time::Duration;

use axum::Router;
use axum::http::Method;
use billing::{Billing, Parts, Paystack, STREAMS, Terms};
use chassis::{Clock, Health, Ids, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    BillingEvent, Context, DataKeyCreated, Event, EventId, NewEvent, OperationId, OperationKind, OperationStarted, PAYMENT_REPORTED,
    ProjectCreated, ProjectEvent, ProjectId, Subject, WorkspaceId,
};
use embedded::Nats;
use journal::{Expect, Journal};
use sealing::{DataKey, MasterKey};
use serde_json::{Value, json};
use sqlx::PgPool;
pub(crate) use testbed::{API_KEY, Answer, fresh_pool};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::provider::{Provider, SECRET};

pub(crate) const MASTER_KEY: &str = "6d61737465722d6b65792d666f722d74657374732d3031323334353637383961";
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const BEGIN_MS: i64 = 1_790_000_000_000;

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) pool: PgPool,
    pub(crate) clock: Clock,
    pub(crate) provider: Provider,
    pub(crate) billing: Billing,
    pub(crate) ids: Ids,
    router: Router,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), billing::Error>>>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Terms::default()).await
    }

    pub(crate) async fn with(terms: Terms) -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        let clock = Clock::manual(DateTime::from_timestamp_millis(BEGIN_MS).unwrap());
        let provider = Provider::start(clock.now()).await;
        let pool = fresh_pool().await;
        let billing = service_with(&journal, &pool, &clock, Some(&provider), terms);
        Self::serving(billing, nats, journal, pool, clock, provider).await
    }

    /// The service over an existing log and database.
    pub(crate) async fn on(nats: Nats, journal: Journal, pool: PgPool, clock: Clock, provider: Provider) -> Self {
        let billing = service(&journal, &pool, &clock, Some(&provider));
        Self::serving(billing, nats, journal, pool, clock, provider).await
    }

    async fn serving(billing: Billing, nats: Nats, journal: Journal, pool: PgPool, clock: Clock, provider: Provider) -> Self {
        let ids = Ids::new(clock.clone());
        billing.prepare().await.unwrap();
        let health = Health::new();
        billing.register(&health);
        let router = testbed::site(health, &ids).finish(billing::routes(billing.clone())).unwrap();
        let stop = CancellationToken::new();
        let task = Some(tokio::spawn(billing::run(billing.clone(), stop.clone())));
        let world = Self { nats, journal, pool, clock, provider, billing, ids, router, stop, task };
        world.until_compared().await;
        world
    }

    /// Payments are compared with the provider's at the start, and then after a day by the clock. So what a test does within a day is done by
    /// what it tests, and no question is on its way to the provider when a test changes how that answers.
    async fn until_compared(&self) {
        let compared = "SELECT EXISTS (SELECT FROM billing.reconciliation)";
        let so = async || sqlx::query_scalar::<_, bool>(compared).fetch_one(&self.pool).await.unwrap();
        testbed::until("payments are compared", so).await;
    }

    /// Stops its work; the routes still answer.
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

    pub(crate) fn set_clock(&self, at: DateTime<Utc>) {
        self.provider.with(|desk| desk.now = at);
        self.clock.set(at);
    }

    pub(crate) fn forward(&self, by: TimeDelta) {
        self.set_clock(self.clock.now() + by);
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        Answer::to(self.router.clone(), testbed::request(API_KEY, method, path, &[], body.as_ref())).await
    }

    pub(crate) async fn post(&self, project: ProjectId, path: &str, body: Option<Value>) -> Answer {
        self.send(Method::POST, &format!("/v1/projects/{project}/{path}"), body).await
    }

    pub(crate) async fn get(&self, project: ProjectId, path: &str) -> Value {
        let answer = self.send(Method::GET, &format!("/v1/projects/{project}/{path}"), None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    pub(crate) async fn say(&self, project: ProjectId, events: Vec<ProjectEvent>) {
        let new = |event: ProjectEvent| event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        let events = events.into_iter().map(new).collect();
        self.journal.append(&Subject::project(project), Expect::Any, events).await.unwrap();
    }

    /// A project as lifecycle makes it, with its key; its trial runs.
    pub(crate) async fn project(&self) -> ProjectId {
        let project = self.bare_project().await;
        self.until(project, "its trial", |subscription| subscription["state"] == "trialing").await;
        project
    }

    pub(crate) async fn bare_project(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        self.begin(project).await;
        project
    }

    /// Makes the project of that id.
    pub(crate) async fn begin(&self, project: ProjectId) {
        let wrapped = DataKey::random().wrap(&master(), project);
        let key = ProjectEvent::from(DataKeyCreated { wrapped });
        let key: NewEvent = key.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        self.journal.append(&Subject::data_key(project), Expect::New, vec![key]).await.unwrap();
        let created = ProjectCreated { name: "P".into(), conversation_idle_seconds: None, workspace: WorkspaceId::INSTALLATION };
        self.say(project, vec![created.into()]).await;
    }

    /// Lifecycle begins to delete it.
    pub(crate) async fn delete(&self, project: ProjectId) -> OperationId {
        let operation = OperationId::from_ulid(self.ids.ulid());
        let deadline = self.clock.now() + TimeDelta::hours(1);
        let started = OperationStarted { operation, kind: OperationKind::DeleteProject, deadline, overwrite: false };
        self.say(project, vec![started.into()]).await;
        operation
    }

    /// The provider's webhook, as ingress keeps it.
    pub(crate) async fn report(&self, payment: &str) {
        self.keep(json!({"event": "charge.success", "data": {"reference": payment.replace('_', "-")}})).await;
    }

    /// The same with the project, as we named it when the payment was asked for.
    pub(crate) async fn report_of(&self, project: ProjectId, payment: &str) {
        let data = json!({"reference": payment.replace('_', "-"), "metadata": {"project": project}});
        self.keep(json!({"event": "charge.success", "data": data})).await;
    }

    pub(crate) async fn keep(&self, report: Value) {
        let event = NewEvent {
            id: EventId::from_ulid(self.ids.ulid()),
            event_type: PAYMENT_REPORTED,
            source: "/test",
            time: self.clock.now(),
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json",
            data: report.to_string().into(),
        };
        self.journal.append(&Subject::webhook("paystack", "event").unwrap(), Expect::Any, vec![event]).await.unwrap();
    }

    /// The customer opens the page: the payment.
    pub(crate) async fn open_page(&self, project: ProjectId) -> String {
        let answer = self.post(project, "subscription/pay", Some(json!({"email": "ada@example.com"}))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["payment"]["id"].as_str().unwrap().to_owned()
    }

    /// The customer pays at the page, and the webhook comes.
    pub(crate) async fn pay(&self, project: ProjectId) -> String {
        let payment = self.open_page(project).await;
        let now = self.clock.now();
        self.provider.set(&payment, |held| (held.status, held.paid_at) = ("success", Some(now)));
        self.report(&payment).await;
        self.until(project, "a cycle", |subscription| subscription["state"] == "active").await;
        payment
    }

    pub(crate) async fn until(&self, project: ProjectId, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/v1/projects/{project}/subscription");
        let fits = |answer: &Answer| answer.status == 200 && so(&answer.body);
        testbed::found(what, async || self.send(Method::GET, &path, None).await, fits).await.body
    }

    pub(crate) async fn until_state(&self, project: ProjectId, state: &str) -> Value {
        self.until(project, state, |subscription| subscription["state"] == state).await
    }

    /// What was said of the project.
    pub(crate) async fn events(&self, project: ProjectId) -> Vec<BillingEvent> {
        let recorded = self.journal.entity(&Subject::billing(project)).await.unwrap();
        recorded.iter().map(|event| BillingEvent::decode(event).unwrap()).collect()
    }

    /// The same in short.
    pub(crate) async fn told(&self, project: ProjectId) -> Vec<String> {
        let short = |event: &BillingEvent| event.event_type().split('.').nth(1).unwrap().to_owned();
        self.events(project).await.iter().map(short).collect()
    }

    /// Every change of the entitlement and its instant.
    pub(crate) async fn switches(&self, project: ProjectId) -> Vec<(String, i64)> {
        let switch = |event: &BillingEvent| {
            let BillingEvent::EntitlementChanged(changed) = event else { return None };
            let entitlement = serde_json::to_value(changed.entitlement).unwrap();
            Some((entitlement.as_str().unwrap().to_owned(), changed.at.timestamp_millis()))
        };
        self.events(project).await.iter().filter_map(switch).collect()
    }
}

pub(crate) fn master() -> MasterKey {
    MASTER_KEY.parse().unwrap()
}

pub(crate) fn service(journal: &Journal, pool: &PgPool, clock: &Clock, provider: Option<&Provider>) -> Billing {
    service_with(journal, pool, clock, provider, Terms::default())
}

fn service_with(journal: &Journal, pool: &PgPool, clock: &Clock, provider: Option<&Provider>, terms: Terms) -> Billing {
    let parts = Parts {
        journal: journal.clone(),
        pool: pool.clone(),
        clock: clock.clone(),
        ids: Ids::new(clock.clone()),
        master: master(),
        terms,
        provider: provider.map(|provider| Paystack::new(&provider.url, Secret::new(SECRET)).unwrap()),
    };
    Billing::new(parts)
}

/// The tables of billing as text, row by row.
pub(crate) async fn tables(pool: &PgPool) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["accounts", "payments", "erased"] {
        let query = format!("SELECT '{table} ' || row_to_json(t)::text FROM billing.{table} t ORDER BY 1");
        let found: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_all(pool).await.unwrap();
        rows.extend(found);
    }
    rows
}

impl World {
    /// Other routes, over the same log.
    pub(crate) fn set_router(&mut self, router: Router) {
        self.router = router;
    }
}
