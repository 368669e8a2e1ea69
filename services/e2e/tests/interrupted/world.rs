//! All services as processes of their own, each of which can be killed around whatever happens.

use std::collections::BTreeSet;
use std::fs;
use std::str::FromStr;
use std::time::{Duration, Instant};

use chassis::{Clock, Ids};
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    BillingEvent, CancellationScheduled, Context, CycleStarted, Event, EventId, PaymentId, ProjectEvent, ProjectId, Stream, Subject,
    UserId, UserRegistered, WorkspaceCreated, WorkspaceEvent, WorkspaceId, WorkspaceKind,
};
use e2e::apart::{Apart, SERVICES, Service};
use e2e::sim::Sim;
use journal::{ConnectOptions, Expect, Journal};
use reqwest::Method;
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::asking::Asking;
use crate::kill::Kill;

pub(crate) const WAIT_MAX: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(2);
/// Before somebody who does not answer is asked again.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
/// A sender that died while it gave Meta a message is not waited for as long as elsewhere.
const SENDER: [(&str, &str); 1] = [("PAIGE_SENDER_SETTLE_SECONDS", "1")];

/// The types of the events on a subject, in short.
pub(crate) async fn told(journal: &Journal, subject: &Subject) -> Vec<String> {
    let events = journal.entity(subject).await.unwrap();
    events.iter().map(|event| event.event_type.as_str().split('.').nth(1).unwrap().to_owned()).collect()
}

/// Until what was told of a project is so.
pub(crate) async fn until_told(journal: &Journal, project: ProjectId, wanted: impl Fn(&[String]) -> bool) {
    let began = Instant::now();
    loop {
        let told = told(journal, &Subject::project(project)).await;
        if wanted(&told) {
            return;
        }
        assert!(began.elapsed() < WAIT_MAX, "so far: {told:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// Waits until the log holds just these subjects that name the project, with so many events each: what a service says that was killed in its part
/// of a deletion is erased once more.
pub(crate) async fn until_left(journal: &Journal, project: &str, wanted: &[(String, u64)]) {
    let began = Instant::now();
    loop {
        let mut left = Vec::new();
        for stream in Stream::ALL {
            let all = journal.subjects(stream, ">").await.unwrap();
            left.extend(all.into_iter().filter(|(subject, _)| subject.contains(project)));
        }
        if left == wanted {
            return;
        }
        assert!(began.elapsed() < WAIT_MAX, "still there: {left:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// The steps of the project's last operation that are done; or that it is erased.
pub(crate) async fn steps_done(journal: &Journal, project: ProjectId) -> BTreeSet<String> {
    let mut done = BTreeSet::new();
    for event in journal.entity(&Subject::project(project)).await.unwrap() {
        match ProjectEvent::decode(&event).unwrap() {
            ProjectEvent::OperationStarted(_) => done.clear(),
            ProjectEvent::OperationStepCompleted(completed) => drop(done.insert(completed.step)),
            ProjectEvent::ProjectErased(_) => drop(done.insert("erased".to_owned())),
            _ => {}
        }
    }
    done
}

pub(crate) struct World {
    pub(crate) journal: Journal,
    pub(crate) sim: Sim,
    asking: Asking,
    services: Vec<Service>,
    pub(crate) ids: Ids,
    apart: Apart,
    _meta: Service,
}

impl World {
    pub(crate) async fn start() -> Self {
        let apart = Apart::start().await;
        let with = |name: &str| if name == "sender" { &SENDER[..] } else { &[] };
        let mut services: Vec<Service> = SERVICES.into_iter().map(|name| apart.service_with(name, with(name))).collect();
        let mut meta = apart.meta(&services[0]);
        for service in services.iter_mut().chain([&mut meta]) {
            apart.ready(service).await;
        }
        let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "interrupted")).await.unwrap();
        let asking = Asking::new(&apart, &services);
        Self { journal, sim: Sim::new(&meta.base), asking, services, ids: Ids::new(Clock::System), apart, _meta: meta }
    }

    /// Until a service says that it is ready.
    pub(crate) async fn ready(&mut self, name: &str) {
        self.apart.ready(named(&mut self.services, name)).await;
    }

    pub(crate) fn asking(&self) -> &Asking {
        &self.asking
    }

    /// Something happens while services are killed around it. `seen`: whether the effect of a service is in the log.
    pub(crate) async fn around<T>(
        &mut self,
        kills: &[(&'static str, Kill)],
        happens: impl AsyncFnOnce(&Asking) -> T,
        seen: impl AsyncFn(&T, &'static str) -> bool,
    ) -> T {
        let when = |wanted: Kill| kills.iter().filter(move |(_, kill)| *kill == wanted).map(|(name, _)| *name);
        for name in when(Kill::Before) {
            named(&mut self.services, name).kill();
        }
        let mut during: Vec<(Duration, &'static str)> = Vec::new();
        for (name, kill) in kills {
            match kill {
                Kill::While(after) => during.push((*after, *name)),
                Kill::Before | Kill::After => {}
            }
        }
        during.sort_unstable();
        let services = &mut self.services;
        let killing = async {
            let began = Instant::now();
            for (after, name) in during {
                tokio::time::sleep(after.saturating_sub(began.elapsed())).await;
                named(services, name).kill();
                named(services, name).start();
            }
        };
        let (happened, ()) = tokio::join!(happens(&self.asking), killing);
        for name in when(Kill::Before) {
            named(&mut self.services, name).start();
        }
        for name in when(Kill::After) {
            let began = Instant::now();
            while !seen(&happened, name).await {
                assert!(began.elapsed() < WAIT_MAX, "{name} does nothing; {kills:?}");
                tokio::time::sleep(POLL).await;
            }
            named(&mut self.services, name).kill();
            named(&mut self.services, name).start();
        }
        for (name, _) in kills {
            self.apart.ready(named(&mut self.services, name)).await;
        }
        happened
    }

    pub(crate) async fn until_project(&self, project: ProjectId, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let shown = self.asking.get("lifecycle", &format!("/v1/projects/{project}")).await;
            if wanted(&shown) {
                return shown;
            }
            assert!(began.elapsed() < WAIT_MAX, "not {what}: {shown}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) async fn until_status(&self, project: ProjectId, status: &str) {
        self.until_project(project, status, |shown| shown["status"] == status).await;
    }

    /// How a number stands at the simulated Meta.
    pub(crate) async fn line(&self, number: &str) -> Value {
        self.sim.call(Method::GET, &format!("/graph/numbers/{number}"), None).await
    }

    /// What a query on the database server lists.
    pub(crate) async fn list(&self, query: &'static str) -> BTreeSet<String> {
        let options = PgConnectOptions::from_str(&self.apart.postgres.admin_url()).unwrap();
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::query_scalar::<_, String>(query).fetch_all(&pool).await.unwrap().into_iter().collect()
    }

    /// The projects that have a folder of objects.
    pub(crate) fn objects(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.apart.folder().join("objects")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Their workspaces, as access would have put them into the log.
    pub(crate) async fn person_and_team(&self) -> (String, String) {
        let owner = UserId::from_ulid(self.ids.ulid());
        let registered = UserRegistered { email: "ada@example.com".to_owned(), name: None };
        self.say(&Subject::user(owner), WorkspaceEvent::UserRegistered(registered), Clock::System.now()).await;
        let mut founded = Vec::new();
        for (id, kind) in
            [(WorkspaceId::personal(owner), WorkspaceKind::Personal), (WorkspaceId::from_ulid(self.ids.ulid()), WorkspaceKind::Team)]
        {
            let created = WorkspaceCreated { name: "W".to_owned(), kind, owner };
            self.say(&Subject::workspace(id), WorkspaceEvent::WorkspaceCreated(created), Clock::System.now()).await;
            founded.push(id.to_string());
        }
        (founded.remove(0), founded.remove(0))
    }

    /// A project's paid cycle begins, and ends so much later, cancelled, as billing would have put it into the log; when exactly. That it begins
    /// when it is wanted leaves whatever was before all the time that it takes.
    pub(crate) async fn with_a_cycle_that_ends(&self, project: ProjectId, after: TimeDelta) -> DateTime<Utc> {
        let (starts_at, payment) = (Clock::System.now(), PaymentId::from_ulid(self.ids.ulid()));
        let ends_at = starts_at + after;
        let cycle: [BillingEvent; 2] = [CycleStarted { payment, starts_at, ends_at }.into(), CancellationScheduled { at: ends_at }.into()];
        let events = cycle.map(|event| event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", starts_at, Context::default()));
        self.journal.append(&Subject::billing(project), Expect::Any, events.into()).await.unwrap();
        ends_at
    }

    pub(crate) async fn say(&self, subject: &Subject, event: impl Event, at: DateTime<Utc>) {
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", at, Context::default());
        self.journal.append(subject, Expect::Any, vec![event]).await.unwrap();
    }
}

fn named<'a>(services: &'a mut [Service], name: &str) -> &'a mut Service {
    services.iter_mut().find(|service| service.name == name).unwrap()
}
