//! What single services are measured on: servers of their own, projects that exist at once, and nothing running but what is asked for.
//!
//! Unlike a [`crate::Stage`] it provisions nothing: project databases are copies of one template, and the facts about projects are put
//! into the log as lifecycle would have put them.

use std::net::SocketAddr;
use std::str::FromStr;

use chassis::telemetry::{self, LogFormat, Telemetry};
use chassis::{Clock, Health, Ids, Metrics, Secret, Shutdown, Site, TelemetryArgs};
use contract::{Context, Event, EventId, NumberConnected, ProjectCreated, ProjectEvent, ProjectId, ProjectReady, Stream, Subject};
use embedded::{Nats, Postgres};
use ingress::Ingress;
use journal::{ConnectOptions, Expect, Journal};
use projections::{ProjectDatabases, database_name};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use utoipa_axum::router::OpenApiRouter;
use whatsapp::AppSecrets;

/// With which webhooks are signed here.
pub const APP_SECRET: &str = "an app secret for measuring";
/// How long a contact may be silent before a conversation ends, as projects have it when nobody says otherwise.
const CONVERSATION_IDLE_S: u32 = 24 * 3_600;

/// Logs, spans and metrics as a service has them that exports none: they are part of what a request costs.
///
/// # Panics
/// Called twice.
pub fn telemetry() -> Telemetry {
    Metrics::install().expect("metrics are installed");
    // The broker is stopped while clients are connected, and statements over 20,000 rows take their time; neither is news.
    let arguments = TelemetryArgs {
        log: "info,async_nats=off,sqlx=error".to_owned(),
        log_format: LogFormat::Json,
        otlp_endpoint: None,
        trace_ratio: 1.0,
    };
    telemetry::start(&arguments, "bench").expect("telemetry starts")
}

/// The mean of what a metric of the journal has recorded for a stream so far.
///
/// # Panics
/// Metrics are not installed.
pub fn mean(metric: &str, stream: Stream) -> Option<f64> {
    let text = Metrics::install().expect("metrics are installed").render();
    let value = |part: &str| {
        let line = format!("{metric}_{part}{{stream=\"{stream}\"}} ");
        text.lines().find_map(|text| text.strip_prefix(&line)?.parse::<f64>().ok())
    };
    Some(value("sum")? / value("count")?)
}

/// A log of its own.
///
/// # Panics
/// It does not start.
pub async fn log() -> (Nats, Journal) {
    let nats = Nats::scratch().await.expect("nats starts");
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "bench")).await.expect("nats answers");
    journal.open(&Stream::ALL).await.expect("streams open");
    (nats, journal)
}

/// Projects with a number and an empty database each.
pub struct Projects {
    /// Their ids, in the order of [`Self::numbers`].
    pub ids: Vec<ProjectId>,
    /// Their numbers.
    pub numbers: Vec<String>,
    /// Their databases.
    pub databases: ProjectDatabases,
}

impl Projects {
    /// Makes so many.
    ///
    /// # Panics
    /// A server does not answer.
    pub async fn make(journal: &Journal, postgres: &Postgres, count: usize) -> Self {
        const TEMPLATE: &str = "paige_template";
        let template = postgres.create_database(TEMPLATE).await.expect("a database");
        let mut connection = PgConnection::connect(&template).await.expect("it answers");
        projections::migrate(&mut connection).await.expect("tables are made");
        connection.close().await.expect("the template is let go");
        let mut admin = PgConnection::connect(&postgres.admin_url()).await.expect("it answers");
        let ids_source = Ids::new(Clock::System);
        let mut projects = Self { ids: Vec::new(), numbers: Vec::new(), databases: databases(postgres) };
        for index in 0..count {
            let id = ProjectId::from_ulid(ids_source.ulid());
            let number = format!("20735841{index:07}");
            let statement = format!("CREATE DATABASE {} TEMPLATE {TEMPLATE}", database_name(id));
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut admin).await.expect("a copy of the template");
            announce(journal, &ids_source, id, &number).await;
            projects.ids.push(id);
            projects.numbers.push(number);
        }
        projects
    }
}

/// The databases of projects on a server.
///
/// # Panics
/// Never: the server's URL is one.
pub fn databases(postgres: &Postgres) -> ProjectDatabases {
    ProjectDatabases::new(PgConnectOptions::from_str(&postgres.admin_url()).expect("a URL"))
}

/// A project that is ready, as the log says it: nobody else is needed for that.
///
/// # Panics
/// The log does not answer.
pub async fn ready_project(journal: &Journal, ids: &Ids) -> ProjectId {
    let id = ProjectId::from_ulid(ids.ulid());
    let created =
        ProjectCreated { name: "Pizza".to_owned(), conversation_idle_seconds: None, workspace: contract::WorkspaceId::INSTALLATION };
    say(journal, ids, id, [created.into(), ProjectReady {}.into()]).await;
    id
}

async fn announce(journal: &Journal, ids: &Ids, project: ProjectId, number: &str) {
    let facts: [ProjectEvent; 3] = [
        ProjectCreated {
            name: format!("Bench {number}"),
            conversation_idle_seconds: Some(CONVERSATION_IDLE_S),
            workspace: contract::WorkspaceId::INSTALLATION,
        }
        .into(),
        ProjectReady {}.into(),
        NumberConnected { phone_number_id: number.to_owned(), waba_id: None, display_phone_number: None }.into(),
    ];
    say(journal, ids, project, facts).await;
}

async fn say<const N: usize>(journal: &Journal, ids: &Ids, project: ProjectId, facts: [ProjectEvent; N]) {
    let now = Clock::System.now();
    let events = facts.map(|fact| fact.into_new(EventId::from_ulid(ids.ulid()), "/paige/bench", now, Context::default()));
    journal.append(&Subject::project(project), Expect::New, events.into()).await.expect("the log answers");
}

/// A service that answers HTTP, with everything around it that it has in production.
pub struct Served {
    /// Where.
    pub address: SocketAddr,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), chassis::serve::Error>>,
}

impl Served {
    /// Ingress that keeps webhooks in a log.
    pub async fn ingress(journal: Journal) -> Self {
        Self::start(ingress::routes(Ingress::new(journal, Clock::System, secrets(), Secret::new("token")))).await
    }

    /// Ingress with the append taken out.
    pub async fn ingress_without_log() -> Self {
        Self::start(ingress::routes(Ingress::discarding(Clock::System, secrets(), Secret::new("token")))).await
    }

    /// These routes.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start(routes: OpenApiRouter) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let metrics = Metrics::install().expect("metrics are installed");
        let site = Site::new("bench", Secret::new(API_KEY), Health::new(), metrics, Ids::new(Clock::System));
        let (router, shutdown) = (site.finish(routes).expect("every route says what it needs"), Shutdown::new());
        let stop = shutdown.clone();
        let running = tokio::spawn(async move { chassis::serve(listener, router, &stop).await });
        Self { address, shutdown, running }
    }

    /// Ends it.
    ///
    /// # Panics
    /// It ends otherwise.
    pub async fn stop(self) {
        self.shutdown.begin();
        self.running.await.expect("no panic").expect("it ends well");
    }
}

/// For `/v1`.
pub const API_KEY: &str = "a key for measuring";

fn secrets() -> AppSecrets {
    AppSecrets::new(APP_SECRET, None).expect("not empty")
}
