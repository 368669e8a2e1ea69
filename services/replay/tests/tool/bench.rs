//! A project with one contact in a log and a database of its own, and the tool run against them: in this process, or as the binary.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use clap::Parser;
use contract::{
    ContactFirstSeen, ContactId, ContactProfile, Context, ConversationId, ConversationOpened, Event, EventId, Identity, IdentityKind,
    Message, MessageId, MessageReceived, MessageStatusReported, NewEvent, ProjectCreated, ProjectEvent, ProjectId, ProjectReady, RawJson,
    Recorded, Stream, Subject,
};
use embedded::{Nats, Postgres};
use futures::TryStreamExt;
use journal::{ConnectOptions, Expect, Filter, Journal, Range};
use projections::{ProjectDatabases, Projector, database_name};
use replay::{Cli, Exit, Out};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use ulid::Ulid;

pub(crate) const NUMBER: &str = "16505550123";
pub(crate) const WORDS: &str = "the blue one in size 42";

/// What the tests' own sessions in the database are called, to be told from the tool's.
pub(crate) const OURS: &str = "the test";

pub(crate) fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_992_403, 0).unwrap()
}

/// Events of one atomic batch.
const EVENTS_AT_ONCE: usize = 500;

/// What every projected table is called.
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

pub(crate) struct Bench {
    nats: Arc<Nats>,
    database_url: String,
    pub(crate) journal: Journal,
    databases: ProjectDatabases,
    pub(crate) project: ProjectId,
    pub(crate) contact: ContactId,
    pub(crate) conversation: ConversationId,
    pub(crate) message: MessageId,
}

impl Bench {
    /// A project with one contact: first seen, opened, two messages, of which the second has a status that came before it.
    pub(crate) async fn start(number: u128) -> Self {
        Self::on(Postgres::shared().await.unwrap(), number).await
    }

    /// The same on a server of one's own.
    pub(crate) async fn on(postgres: &Postgres, number: u128) -> Self {
        let nats = Nats::scratch().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
        journal.open(&Stream::ALL).await.unwrap();
        Self::with(postgres, Arc::new(nats), journal, number).await
    }

    /// Another such project, created behind this one, in the same log.
    pub(crate) async fn beside(&self, number: u128) -> Self {
        Self::with(Postgres::shared().await.unwrap(), self.nats.clone(), self.journal.clone(), number).await
    }

    async fn with(postgres: &Postgres, nats: Arc<Nats>, journal: Journal, number: u128) -> Self {
        let project = ProjectId::from_ulid(Ulid::from_parts(5, number));
        postgres.create_database(&database_name(project)).await.unwrap();
        let databases = ProjectDatabases::new(postgres.admin_url().parse().unwrap());
        let mut connection = PgConnection::connect_with(&databases.options(project)).await.unwrap();
        projections::migrate(&mut connection).await.unwrap();
        let identity = Identity { kind: IdentityKind::Phone, value: NUMBER.to_owned() };
        let contact = ContactId::derive(project, &identity);
        let message = MessageId::derive(project, "wamid.two", 1_794_992_403_000);
        let conversation = ConversationId::derive(contact, message);
        let database_url = postgres.admin_url();
        let bench = Self { nats, database_url, journal, databases, project, contact, conversation, message };
        bench
            .tell(
                Subject::project(project),
                ProjectEvent::from(ProjectCreated {
                    name: "Shoes".into(),
                    conversation_idle_seconds: None,
                    workspace: contract::WorkspaceId::INSTALLATION,
                }),
            )
            .await;
        bench.tell(Subject::project(project), ProjectEvent::from(ProjectReady {})).await;
        let profile = ContactProfile { name: Some("Nora".into()), username: None, wa_id: Some(NUMBER.into()) };
        bench.say(ContactFirstSeen { identities: vec![identity], profile, at: at() }).await;
        bench.say(ConversationOpened { conversation, group: None, state: None, inherited_from: None, at: at() }).await;
        bench.say(MessageReceived(bench.message("wamid.one"))).await;
        let raw = RawJson::parse(r#"{"status":"delivered"}"#).unwrap();
        bench
            .say(MessageStatusReported {
                wamid: "wamid.two".into(),
                status: "delivered".into(),
                participant: None,
                at: at(),
                error_code: None,
                raw,
            })
            .await;
        bench.say(MessageReceived(bench.message("wamid.two"))).await;
        bench.project_all().await;
        bench
    }

    pub(crate) fn message(&self, wamid: &str) -> Message {
        Message {
            message: MessageId::derive(self.project, wamid, 1_794_992_403_000),
            conversation: self.conversation,
            wamid: wamid.to_owned(),
            sent_at: at(),
            kind: "text".to_owned(),
            text: Some(WORDS.to_owned()),
            reply_to: None,
            target: None,
            group: None,
            raw: RawJson::parse(&format!(r#"{{"from":"{NUMBER}","text":{{"body":"{WORDS}"}}}}"#)).unwrap(),
        }
    }

    pub(crate) async fn say(&self, event: impl Into<contract::ConversationEvent>) {
        self.tell(Subject::conversation(self.project, self.contact), event.into()).await;
    }

    /// Many events of the contact, many at a time.
    pub(crate) async fn say_all(&self, events: Vec<contract::ConversationEvent>) {
        let subject = Subject::conversation(self.project, self.contact);
        let events: Vec<NewEvent> = (0_u64..)
            .zip(events)
            .map(|(number, event)| event.into_new(EventId::derive("many", &[&number.to_string()]), "/paige/test", at(), Context::default()))
            .collect();
        for some in events.chunks(EVENTS_AT_ONCE) {
            self.journal.append(&subject, Expect::Any, some.to_vec()).await.unwrap();
        }
    }

    pub(crate) async fn tell(&self, subject: Subject, event: impl Event) {
        let data: Bytes = event.encode();
        let id = EventId::derive_from_bytes(event.event_type(), &[subject.as_str()], &data);
        let event: NewEvent = event.into_new(id, "/paige/test", at(), Context::default());
        self.journal.append(&subject, Expect::Any, vec![event]).await.unwrap();
    }

    /// An event of a contact of ours, of a type that is not known here.
    pub(crate) async fn tell_strange(&self, contact: ContactId) {
        let event = NewEvent {
            id: EventId::derive("strange", &[&contact.to_string()]),
            event_type: "conversation.from_the_future.v1",
            source: "/paige/test",
            time: at(),
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json",
            data: Bytes::from_static(b"{}"),
        };
        self.journal.append(&Subject::conversation(self.project, contact), Expect::Any, vec![event]).await.unwrap();
    }

    pub(crate) async fn project_all(&self) {
        let created = self.journal.state(Stream::Conversation).await.unwrap().created;
        let ours = Filter::subjects([format!("{}.{}.>", Stream::Conversation, self.project)]);
        let events: Vec<Recorded> = self.journal.replay(Stream::Conversation, Range::ALL, ours).try_collect().await.unwrap();
        Projector::new(self.databases.clone(), created).apply(self.project, &events).await.unwrap();
    }

    pub(crate) async fn connection(&self) -> PgConnection {
        PgConnection::connect_with(&self.databases.options(self.project).application_name(OURS)).await.unwrap()
    }

    pub(crate) async fn execute(&self, statement: &str) {
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut self.connection().await).await.unwrap();
    }

    /// Where log and tables are, as the command line says it.
    pub(crate) fn servers(&self) -> [String; 4] {
        ["--nats-url".into(), self.nats.url(), "--database-url".into(), self.database_url.clone()]
    }

    /// Every row of every table as text, in order.
    pub(crate) async fn dump(&self) -> Vec<String> {
        let mut connection = self.connection().await;
        let mut rows = Vec::new();
        for table in TABLES {
            let query = format!("SELECT '{table} ' || stored::text FROM {table} AS stored ORDER BY stored::text COLLATE \"C\"");
            rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(query)).fetch_all(&mut connection).await.unwrap());
        }
        rows
    }

    /// Runs a command line; gives its exit and what it printed.
    pub(crate) async fn run(&self, line: &str) -> (Exit, String) {
        let servers = self.servers();
        let words = ["replay"].into_iter().chain(line.split_whitespace()).chain(servers.iter().map(String::as_str));
        let cli = Cli::try_parse_from(words).unwrap();
        let printed = Printed::default();
        let exit = replay::execute(&cli, &mut Out::new(line.contains("--json"), printed.clone())).await.unwrap_or_else(|error| {
            writeln!(printed.clone(), "{error}").unwrap();
            error.exit()
        });
        (exit, printed.text())
    }

    pub(crate) async fn json(&self, line: &str) -> (Exit, Vec<Value>) {
        let (exit, printed) = self.run(&format!("{line} --json")).await;
        (exit, printed.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect())
    }
}

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
