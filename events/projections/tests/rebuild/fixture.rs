//! One broker for all tests of the process, a project with a database of its own for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::{ContactId, ConversationEvent, ProjectId, Recorded, Stream, Subject};
use embedded::{Nats, Postgres};
use futures::TryStreamExt;
use journal::{Append, ConnectOptions, Expect, Filter, Journal, Range};
use projections::rebuild::{Options, Rebuild, Report};
use projections::{ProjectDatabases, Projector, database_name};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use ulid::Ulid;

use crate::scenario::{EVENTS_PER_CONTACT, Person, envelope};

pub(crate) const TABLES: [&str; 8] = [
    "public.contacts",
    "public.conversations",
    "public.messages",
    "paige.identities",
    "paige.statuses",
    "paige.state_changes",
    "paige.submissions",
    "paige.unassigned",
];

static EVENTS: AtomicU64 = AtomicU64::new(1);

/// A log, and a project with its tables.
pub(crate) struct Fixture {
    /// Ends with the last fixture that uses it.
    nats: Arc<Nats>,
    pub(crate) journal: Journal,
    pub(crate) databases: ProjectDatabases,
    pub(crate) projector: Projector,
    pub(crate) project: ProjectId,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        let nats = Nats::scratch().await.expect("nats-server starts");
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "rebuild")).await.expect("connects");
        journal.open(&Stream::ALL).await.expect("streams open");
        let postgres = Postgres::shared().await.expect("postgres starts");
        let databases = ProjectDatabases::with_connections(postgres.admin_url().parse().expect("a URL"), 6);
        let created = journal.state(Stream::Conversation).await.expect("state").created;
        let projector = Projector::new(databases.clone(), created);
        let project = another_project(&databases).await;
        Self { nats: Arc::new(nats), journal, databases, projector, project }
    }

    /// The same log, another project.
    pub(crate) fn of(&self, project: ProjectId) -> Self {
        let Self { nats, journal, databases, projector, .. } = self;
        let (nats, journal) = (Arc::clone(nats), journal.clone());
        Self { nats, journal, databases: databases.clone(), projector: projector.clone(), project }
    }

    /// With the conversations of so many people in log and tables.
    pub(crate) async fn with_people(count: u64) -> (Self, Vec<Person>) {
        let fixture = Self::start().await;
        let people = fixture.add_people(0..count).await;
        fixture.project_all().await;
        (fixture, people)
    }

    /// Appends whole conversations, interleaved.
    pub(crate) async fn add_people(&self, numbers: std::ops::Range<u64>) -> Vec<Person> {
        let people: Vec<Person> = numbers.map(|number| Person::new(self.project, number)).collect();
        for step in 0..EVENTS_PER_CONTACT {
            let events = people.iter().map(|person| (Some(person.contact), person.step(step))).collect();
            self.append(self.project, events).await;
        }
        people
    }

    /// Appends one event to each of several contacts.
    pub(crate) async fn append(&self, project: ProjectId, events: Vec<(Option<ContactId>, ConversationEvent)>) {
        let appends = events.into_iter().map(|(contact, event)| {
            let subject = contact.map_or_else(|| Subject::unassigned(project), |contact| Subject::conversation(project, contact));
            Append { subject, expect: Expect::Any, events: vec![envelope(event, EVENTS.fetch_add(1, Ordering::Relaxed))] }
        });
        self.journal.append_all(appends.collect()).await.expect("appended");
    }

    pub(crate) async fn log(&self) -> Vec<Recorded> {
        self.journal.replay(Stream::Conversation, Range::ALL, Filter::all()).try_collect().await.expect("reads")
    }

    /// Brings the project's tables to the log's end, as the recorder does.
    pub(crate) async fn project_all(&self) {
        self.project_in(97).await;
    }

    /// The same, so many events at a time.
    pub(crate) async fn project_in(&self, events_at_once: usize) {
        let events: Vec<Recorded> = self.log().await.into_iter().filter(|event| event.subject.project_id() == Some(self.project)).collect();
        for some in events.chunks(events_at_once) {
            let applied = self.projector.apply(self.project, some).await.expect("applies");
            assert!(applied.stopped.is_none(), "{applied:?}");
        }
    }

    pub(crate) fn rebuild(&self) -> Rebuild {
        self.rebuild_with(Options::default())
    }

    /// With so little memory that several passes are needed.
    pub(crate) fn rebuild_in_parts(&self) -> Rebuild {
        self.rebuild_with(Options { memory_bytes_max: 200_000, ..Options::default() })
    }

    pub(crate) fn rebuild_with(&self, options: Options) -> Rebuild {
        Rebuild::new(self.journal.clone(), self.databases.clone(), options)
    }

    pub(crate) async fn connection(&self) -> PgConnection {
        PgConnection::connect_with(&self.databases.options(self.project)).await.expect("connects")
    }

    pub(crate) async fn execute(&self, statement: &str) -> u64 {
        let mut connection = self.connection().await;
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.expect(statement).rows_affected()
    }

    /// Every row of every table as text, in order.
    pub(crate) async fn dump(&self) -> Vec<String> {
        self.each_row("").await
    }

    /// The same with the transaction that wrote each row.
    pub(crate) async fn dump_with_writers(&self) -> Vec<String> {
        self.each_row("xmin::text || ' ' || ").await
    }

    async fn each_row(&self, prefix: &str) -> Vec<String> {
        let mut connection = self.connection().await;
        let mut rows = Vec::new();
        for table in TABLES {
            let query = format!("SELECT '{table} ' || {prefix}stored::text FROM {table} AS stored ORDER BY stored::text COLLATE \"C\"");
            rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(query)).fetch_all(&mut connection).await.expect("reads"));
        }
        rows
    }
}

pub(crate) async fn another_project(databases: &ProjectDatabases) -> ProjectId {
    static PROJECTS: AtomicU64 = AtomicU64::new(1);
    let project = ProjectId::from_ulid(Ulid::from_parts(7, PROJECTS.fetch_add(1, Ordering::Relaxed).into()));
    Postgres::shared().await.expect("postgres starts").create_database(&database_name(project)).await.expect("database created");
    let mut connection = PgConnection::connect_with(&databases.options(project)).await.expect("connects");
    projections::migrate(&mut connection).await.expect("migrates");
    project
}

/// Missing, surplus and changed rows of each table that has some.
pub(crate) fn counts(report: &Report) -> Vec<(&'static str, u64, u64, u64)> {
    let tables = report.tables.iter().filter(|table| table.differing_rows() > 0);
    tables.map(|table| (table.table, table.missing, table.surplus, table.changed)).collect()
}
