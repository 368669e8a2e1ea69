//! What sends: projects with numbers and people who have written, the API that is asked, the recorder behind it, and the sender; all in
//! this process, on servers of their own.

use std::str::FromStr;

use chassis::{Clock, Ids};
use contract::{Context, DataKeyCreated, Event, EventId, NumberOffered, OperationId, ProjectEvent, ProjectId, Subject};
use conversations::Conversations;
use e2e::bed::{self, Projects, Served};
use e2e::history::History;
use embedded::{Nats, Postgres};
use journal::{Expect, Journal};
use projections::rebuild::{Options, Rebuild};
use projects::Tokens;
use recorder::Followers;
use sealing::{DataKey, MasterKey};
use sender::{Limits, Parts, Sender};
use sqlx::postgres::PgPoolOptions;
use storage::Storage;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::{Graph, Settings, Token};

pub(crate) const PROJECTS: usize = 20;
pub(crate) const PEOPLE_EACH: usize = 100;
/// Where Meta's limit of a number is not what is measured.
pub(crate) const UNLIMITED: u32 = 10_000;
/// People wrote so long ago, in seconds: they may be answered.
const WROTE_AGO_S: i64 = 3_600;

pub(crate) struct House {
    pub(crate) nats: Nats,
    pub(crate) postgres: Postgres,
    pub(crate) journal: Journal,
    pub(crate) histories: Vec<History>,
    pub(crate) numbers: Vec<String>,
    projects: Projects,
    platform: String,
    master: MasterKey,
    graph: String,
    objects: tempfile::TempDir,
}

/// Something that runs until it is stopped.
pub(crate) struct Running<E>(CancellationToken, JoinHandle<Result<(), E>>);

impl<E: std::fmt::Debug> Running<E> {
    pub(crate) async fn stop(self) {
        self.0.cancel();
        self.1.await.expect("no panic").expect("it ends well");
    }
}

impl House {
    /// `graph` is where Meta is.
    pub(crate) async fn make(graph: &str) -> Self {
        let (nats, journal) = bed::log().await;
        let postgres = Postgres::scratch().await.expect("postgres starts");
        let platform = postgres.create_database("paige").await.expect("a platform database");
        let projects = Projects::make(&journal, &postgres, PROJECTS).await;
        let (ids, master) = (Ids::new(Clock::System), MasterKey::from_str(&"0b".repeat(32)).expect("a key"));
        let rebuild = Rebuild::new(journal.clone(), projects.databases.clone(), Options::default());
        let first_second = Clock::System.now().timestamp() - WROTE_AGO_S;
        let mut histories = Vec::new();
        for (project, number) in projects.ids.iter().copied().zip(&projects.numbers) {
            offer(&journal, &ids, &master, project, number).await;
            let history = History { project, people: PEOPLE_EACH, messages_each: 1, first_second };
            history.store(&journal).await;
            rebuild.rebuild(project).await.expect("the tables are built");
            histories.push(history);
        }
        let (numbers, objects) = (projects.numbers.clone(), tempfile::tempdir().expect("a folder"));
        Self { nats, postgres, journal, histories, numbers, projects, platform, master, graph: graph.to_owned(), objects }
    }

    /// The API of conversations.
    pub(crate) async fn api(&self) -> Served {
        let known = projects::Projects::start(self.journal.clone()).await.expect("projects are read");
        let (catalogue, databases) = (projects::Catalogue::new(self.journal.clone()), self.projects.databases.clone());
        let ids = Ids::new(Clock::System);
        let conversations = Conversations::new(self.journal.clone(), known, catalogue, databases, Clock::System, ids);
        Served::start(conversations::routes(conversations)).await
    }

    pub(crate) fn recorder(&self) -> Running<journal::Error> {
        let (stop, followers) = (CancellationToken::new(), Followers::new(&self.journal));
        let running = recorder::run(self.journal.clone(), self.projects.databases.clone(), followers, stop.clone());
        Running(stop, tokio::spawn(running))
    }

    /// `number_rate`: what a number may send, in messages a second.
    pub(crate) async fn sender(&self, number_rate: u32) -> Running<sender::Error> {
        let stop = CancellationToken::new();
        let known = projects::Projects::start(self.journal.clone()).await.expect("projects are read");
        known.follow(stop.clone());
        let catalogue = projects::Catalogue::new(self.journal.clone());
        catalogue.follow(stop.clone());
        let settings = Settings { url: self.graph.clone(), app_id: String::new(), app_secret: Token::new("") };
        let sender = Sender::new(Parts {
            tokens: Tokens::new(self.journal.clone(), self.master.clone()),
            journal: self.journal.clone(),
            pool: PgPoolOptions::new().max_connections(4).connect(&self.platform).await.expect("the platform database answers"),
            clock: Clock::System,
            ids: Ids::new(Clock::System),
            graph: Graph::new(settings).expect("a client"),
            projects: known,
            catalogue,
            storage: Storage::open(self.objects.path().to_str().expect("text")).expect("a storage"),
            limits: Limits { number_rate, ..Limits::default() },
        });
        sender.prepare().await.expect("its tables are made");
        Running(stop.clone(), tokio::spawn(sender::run(sender, stop)))
    }

    pub(crate) async fn stop(self) {
        drop(self.projects);
        self.nats.stop().await;
        self.postgres.stop().await;
    }
}

/// The number gets a token, as a signup would have brought it.
async fn offer(journal: &Journal, ids: &Ids, master: &MasterKey, project: ProjectId, number: &str) {
    let key = DataKey::random();
    let created: ProjectEvent = DataKeyCreated { wrapped: key.wrap(master, project) }.into();
    let offered: ProjectEvent = NumberOffered {
        operation: OperationId::from_ulid(ids.ulid()),
        phone_number_id: number.to_owned(),
        waba_id: "104857392016384".to_owned(),
        coexistence: false,
        sealed_token: key.seal(&format!("number_token/{number}"), super::TOKEN.as_bytes()),
        sealed_pin: key.seal(&format!("number_pin/{number}"), b"123456"),
    }
    .into();
    for (subject, fact) in [(Subject::data_key(project), created), (Subject::project(project), offered)] {
        let event = fact.into_new(EventId::from_ulid(ids.ulid()), "/paige/bench", Clock::System.now(), Context::default());
        journal.append(&subject, Expect::Any, vec![event]).await.expect("the log answers");
    }
}
