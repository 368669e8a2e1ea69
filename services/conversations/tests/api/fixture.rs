//! A world of its own for each test: an empty log, projects with databases, the routes in front.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Response};
use chassis::{Clock, Health, Ids};
use chrono::{DateTime, Utc};
use contract::{
    ContactFirstSeen, ContactId, ContactProfile, Context, ConversationEvent, ConversationId, ConversationOpened, Event, EventId, Identity,
    IdentityKind, Message, MessageId, MessageReceived, NewEvent, ProjectCreated, ProjectEvent, ProjectId, ProjectReady, RawJson, Recorded,
    Stream, Subject,
};
use conversations::Conversations;
use embedded::{Nats, Postgres};
use futures::StreamExt;
use journal::{ConnectOptions, Expect, Filter, Journal, Range};
use projections::{ProjectDatabases, Projector, database_name};
use projects::{Catalogue, Projects};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
pub(crate) use testbed::API_KEY;
use testbed::Answer;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use ulid::Ulid;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) databases: ProjectDatabases,
    pub(crate) clock: Clock,
    projector: Projector,
    applied: Mutex<HashMap<ProjectId, u64>>,
    /// Whether the tables follow by themselves.
    following: AtomicBool,
    pub(crate) server: Server,
}

/// The service, as one process of it.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) stop: CancellationToken,
    projects: Projects,
    running: Option<tokio::task::JoinHandle<()>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (nats, postgres) = tokio::join!(Nats::scratch(), Postgres::shared());
        let (nats, postgres) = (nats.expect("nats-server starts"), postgres.expect("postgres starts"));
        let journal = connect(&nats).await;
        journal.open(&Stream::ALL).await.expect("streams open");
        let log = journal.state(Stream::Conversation).await.expect("the stream's state");
        let databases = conversations::databases(postgres.admin_url().parse().expect("a url"));
        let projector = Projector::new(databases.clone(), log.created);
        let clock = Clock::manual(at(0));
        let server = Server::start(journal.clone(), databases.clone(), clock.clone()).await;
        Self { nats, journal, databases, clock, projector, applied: Mutex::default(), following: AtomicBool::new(false), server }
    }

    /// Another process of the service in place of the one that runs.
    pub(crate) async fn restart_server(&mut self) {
        self.server.end().await;
        self.server = Server::start(connect(&self.nats).await, self.databases.clone(), self.clock.clone()).await;
    }

    /// A project that is ready.
    pub(crate) async fn project(&self) -> ProjectId {
        let project = unready();
        let postgres = Postgres::shared().await.expect("postgres runs");
        let url = postgres.create_database(&database_name(project)).await.expect("a database");
        let mut connection = PgConnection::connect(&url).await.expect("connects");
        projections::migrate(&mut connection).await.expect("tables");
        connection.close().await.expect("closes");
        self.tell_project(project, vec![created(), ProjectReady {}.into()]).await;
        project
    }

    pub(crate) async fn tell_project(&self, project: ProjectId, facts: Vec<ProjectEvent>) {
        let events = facts.into_iter().map(envelope).collect();
        self.journal.append(&Subject::project(project), Expect::Any, events).await.expect("appended");
    }

    /// Waits until the service has read what was said of a project.
    pub(crate) async fn projects_know(&self, project: ProjectId) {
        self.server.projects.fresh(project).await.expect("the project is read");
    }

    /// Appends facts about a contact and brings the tables to them. Gives the last sequence.
    pub(crate) async fn say(&self, project: ProjectId, contact: ContactId, facts: Vec<ConversationEvent>) -> u64 {
        let last = self.append(project, contact, facts).await;
        self.catch_up(project).await;
        last
    }

    /// Appends facts and leaves the tables behind.
    pub(crate) async fn append(&self, project: ProjectId, contact: ContactId, facts: Vec<ConversationEvent>) -> u64 {
        let subject = Subject::conversation(project, contact);
        let mut last = 0;
        for chunk in facts.chunks(1_000) {
            let events = chunk.iter().cloned().map(envelope).collect();
            last = self.journal.append(&subject, Expect::Any, events).await.expect("appended").sequence;
        }
        last
    }

    /// From now on the tables of every project follow the log by themselves, as with a recorder.
    pub(crate) fn let_tables_follow(&self) {
        self.following.store(true, Ordering::SeqCst);
        let (journal, projector) = (self.journal.clone(), self.projector.clone());
        tokio::spawn(async move {
            let mut events = std::pin::pin!(journal.tail(Stream::Conversation, 1, Filter::all()));
            while let Some(Ok(event)) = events.next().await {
                let project = event.subject.project_id().expect("a project");
                let applied = projector.apply(project, &[event]).await.expect("applied");
                assert!(applied.stopped.is_none(), "{applied:?}");
            }
        });
    }

    /// Brings a project's tables to the end of the log.
    pub(crate) async fn catch_up(&self, project: ProjectId) {
        if self.following.load(Ordering::SeqCst) {
            let last = self.journal.last_sequence(Stream::Conversation, &format!("conversation.{project}.>")).await.expect("a sequence");
            return within("the tables", async { while self.shown(project).await < last {} }).await;
        }
        let from = self.applied.lock().expect("a lock").get(&project).copied().unwrap_or(0) + 1;
        let filter = Filter::subjects([format!("conversation.{project}.>")]);
        let replay = self.journal.replay(Stream::Conversation, Range::from(from), filter);
        let events: Vec<Recorded> = replay.map(|event| event.expect("an event")).collect().await;
        for batch in events.chunks(1_000) {
            let applied = self.projector.apply(project, batch).await.expect("applied");
            assert!(applied.stopped.is_none(), "{applied:?}");
            self.applied.lock().expect("a lock").insert(project, applied.checkpoint);
        }
    }

    async fn shown(&self, project: ProjectId) -> u64 {
        let shown = sqlx::query_scalar::<_, i64>("SELECT coalesce(max(sequence), 0) FROM paige.checkpoint");
        u64::try_from(shown.fetch_one(&self.databases.pool(project)).await.expect("a row")).expect("a sequence")
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.server.get(path).await
    }

    /// What must be there.
    pub(crate) async fn found(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// What must be refused, by its code.
    #[track_caller]
    pub(crate) fn refused(&self, path: &str, status: u16, code: &str) -> impl Future<Output = ()> {
        let (path, code) = (path.to_owned(), code.to_owned());
        let server = &self.server;
        async move {
            let (found, body) = server.get(&path).await;
            assert_eq!((found, body["code"].as_str()), (status, Some(code.as_str())), "{path}: {body}");
        }
    }

    /// Writes straight into a project's tables, as nobody does but here. What it read for that is counted when it is done.
    pub(crate) async fn write(&self, project: ProjectId, statement: &'static str) {
        let mut connection = PgConnection::connect_with(&self.databases.options(project)).await.expect("connects");
        sqlx::query(statement).execute(&mut connection).await.expect("sql");
        sqlx::query("SELECT pg_stat_force_next_flush()").execute(&mut connection).await.expect("a flush");
        connection.close().await.expect("closes");
    }
}

impl Server {
    pub(crate) async fn start(journal: Journal, databases: ProjectDatabases, clock: Clock) -> Self {
        let stop = CancellationToken::new();
        let projects = Projects::start(journal.clone()).await.expect("projects are read");
        projects.follow(stop.clone());
        let catalogue = Catalogue::new(journal.clone());
        catalogue.follow(stop.clone());
        let health = Health::new();
        catalogue.register(&health);
        let ids = Ids::new(Clock::System);
        let conversations = Conversations::new(journal, projects.clone(), catalogue, databases, clock, ids.clone());
        conversations.register(&health);
        let router =
            testbed::site(health, &ids).finish(conversations::routes(conversations.clone())).expect("every route says what it needs");
        let shutdown = stop.clone();
        let running = tokio::spawn(async move { conversations::run(conversations, shutdown).await.expect("runs") });
        Self { router, stop, projects, running: Some(running) }
    }

    pub(crate) async fn end(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            within("the end of the service", running).await.expect("ends well");
        }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        Answer::to(self.router.clone(), testbed::request(API_KEY, method, path, headers, body)).await
    }

    /// What may go on for ever.
    pub(crate) async fn answer(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let request = testbed::request(API_KEY, Method::GET, path, headers, None);
        self.router.clone().oneshot(request).await.expect("routes always answer")
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.ask(Method::GET, path, &[], None).await;
        (answer.status, answer.body)
    }
}

pub(crate) async fn connect(nats: &Nats) -> Journal {
    Journal::connect(ConnectOptions::new(nats.url(), "conversations-test")).await.expect("connects")
}

/// Waits for something that must happen.
pub(crate) async fn within<T>(what: &str, happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, happens).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}

pub(crate) fn next_ulid() -> Ulid {
    static IDS: std::sync::OnceLock<Ids> = std::sync::OnceLock::new();
    IDS.get_or_init(|| Ids::new(Clock::System)).ulid()
}

/// A project that nobody has made.
pub(crate) fn unready() -> ProjectId {
    ProjectId::from_ulid(next_ulid())
}

pub(crate) fn created() -> ProjectEvent {
    ProjectCreated { name: "Test".into(), conversation_idle_seconds: None, workspace: contract::WorkspaceId::INSTALLATION }.into()
}

pub(crate) fn envelope(fact: impl Event) -> NewEvent {
    fact.into_new(EventId::from_ulid(next_ulid()), "/test", at(0), Context::default())
}

/// So many seconds after some moment.
pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_992_403 + second, 0).expect("a time")
}

pub(crate) fn contact(n: u64) -> ContactId {
    ContactId::from_ulid(Ulid::from_parts(1_000, n.into()))
}

pub(crate) fn conversation(n: u64) -> ConversationId {
    ConversationId::from_ulid(Ulid::from_parts(2_000, n.into()))
}

pub(crate) fn message_id(n: u64) -> MessageId {
    MessageId::from_ulid(Ulid::from_parts(3_000, n.into()))
}

pub(crate) fn phone(value: &str) -> Identity {
    Identity { kind: IdentityKind::Phone, value: value.to_owned() }
}

pub(crate) fn bsuid(value: &str) -> Identity {
    Identity { kind: IdentityKind::Bsuid, value: value.to_owned() }
}

pub(crate) fn seen(identities: Vec<Identity>, wa_id: Option<&str>, second: i64) -> ConversationEvent {
    let profile = ContactProfile { name: Some("Ana".into()), username: None, wa_id: wa_id.map(str::to_owned) };
    ContactFirstSeen { identities, profile, at: at(second) }.into()
}

pub(crate) fn opened(n: u64, state: Option<&str>, second: i64) -> ConversationEvent {
    let state = state.map(str::to_owned);
    ConversationOpened { conversation: conversation(n), group: None, state, inherited_from: None, at: at(second) }.into()
}

/// The `n`th message.
pub(crate) fn said(n: u64, of: u64, second: i64) -> Message {
    Message {
        message: message_id(n),
        conversation: conversation(of),
        wamid: wamid(n),
        sent_at: at(second),
        kind: "text".into(),
        text: Some(format!("text {n}")),
        reply_to: None,
        target: None,
        group: None,
        raw: RawJson::parse(&format!(r#"{{ "id" : "{}", "n":1.0e2 }}"#, wamid(n))).expect("json"),
    }
}

pub(crate) fn wamid(n: u64) -> String {
    format!("wamid.{n}+/==")
}

pub(crate) fn received(n: u64, of: u64, second: i64) -> ConversationEvent {
    MessageReceived(said(n, of, second)).into()
}

/// A text of an answer.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is no text in {value}"))
}

/// The ids of a page.
pub(crate) fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().expect("data").iter().map(|row| text(row, "/id").to_owned()).collect()
}
