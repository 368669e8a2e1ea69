//! A log, a database, a Meta, projects with numbers, and senders that can be killed.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use chassis::{Clock, Ids};
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    Address, ContactId, Context, ConversationEvent, ConversationId, DataKeyCreated, Event, EventId, FileUse, MessageId, MessageRequested,
    MessageStatusReported, NumberConnected, NumberOffered, OperationId, ProjectCreated, ProjectEvent, ProjectId, ProjectReady, RawJson,
    Stream, Subject, UnknownOutcome, WorkspaceId,
};
use embedded::Nats;
use journal::{ConnectOptions, Expect, Journal};
use projects::{Catalogue, Projects, Tokens};
use sealing::{DataKey, MasterKey};
use sender::{Limits, Parts, STREAMS, Sender};
use sqlx::PgPool;
use storage::Storage;
pub(crate) use testbed::until as wait_for;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::{Graph, Settings, Token};

use crate::meta::Meta;

const WAIT_MAX: Duration = Duration::from_secs(60);
/// How long a call to Meta may take here: one that is answered takes less, on any machine.
pub(crate) const SEND_LIMIT: Duration = Duration::from_secs(3);
/// The same where it may as well have no answer.
const IMPATIENT: Duration = Duration::from_millis(400);

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) pool: PgPool,
    pub(crate) journal: Journal,
    pub(crate) meta: Meta,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) storage: Storage,
    master: MasterKey,
    _folder: tempfile::TempDir,
}

/// A sender that runs.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), sender::Error>>,
}

impl Running {
    /// As in a crash: everything that it does ends where it is.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
        self.stop.cancel();
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.ended().await.expect("it ends well");
    }

    /// How it ends by itself.
    pub(crate) async fn ended(self) -> Result<(), sender::Error> {
        tokio::time::timeout(WAIT_MAX, self.task).await.expect("it ends").expect("it does not panic")
    }
}

/// A project with a number, and one contact of it.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) project: ProjectId,
    pub(crate) number: String,
}

pub(crate) fn limits() -> Limits {
    Limits { settle_margin: Duration::from_millis(400), number_rate: 1_000, ..Limits::default() }
}

impl World {
    pub(crate) async fn new() -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        let pool = testbed::fresh_pool().await;
        let folder = tempfile::tempdir().expect("a folder");
        let storage = Storage::open(folder.path().to_str().expect("text")).expect("storage");
        let (ids, master) = (Ids::new(Clock::System), "0b".repeat(32).parse().expect("a key"));
        Self { nats, pool, journal, meta: Meta::start().await, clock: Clock::System, ids, storage, master, _folder: folder }
    }

    /// One whose clock stands until it is moved.
    pub(crate) async fn still() -> Self {
        let world = Self::new().await;
        Self { clock: Clock::manual(world.now()), ..world }
    }

    pub(crate) async fn sender(&self) -> Running {
        self.sender_with(limits()).await
    }

    pub(crate) async fn sender_with(&self, limits: Limits) -> Running {
        self.sender_within(limits, SEND_LIMIT).await
    }

    /// One that soon calls an outcome unknown, though it may be that Meta, or this machine, is only slow.
    pub(crate) async fn impatient_sender(&self) -> Running {
        self.sender_within(limits(), IMPATIENT).await
    }

    pub(crate) async fn sender_within(&self, limits: Limits, send_limit: Duration) -> Running {
        let (running, catalogue) = self.sender_behind(limits, send_limit).await;
        catalogue.follow(running.stop.clone());
        running
    }

    /// One that reads nothing of templates and Flows until the catalogue follows.
    pub(crate) async fn sender_behind(&self, limits: Limits, send_limit: Duration) -> (Running, Catalogue) {
        let (stop, journal) = (CancellationToken::new(), connect(&self.nats).await);
        let projects = Projects::start(journal.clone()).await.expect("projects");
        projects.follow(stop.clone());
        let catalogue = Catalogue::new(journal.clone());
        let settings = Settings { url: self.meta.url.clone(), app_id: String::new(), app_secret: Token::new("") };
        let sender = Sender::new(Parts {
            tokens: Tokens::new(journal.clone(), self.master.clone()),
            journal,
            pool: self.pool.clone(),
            clock: self.clock.clone(),
            ids: Ids::new(Clock::System),
            graph: Graph::new(settings).expect("a client").with_send_limit(send_limit),
            projects,
            catalogue: catalogue.clone(),
            storage: self.storage.clone(),
            limits,
        });
        sender.prepare().await.expect("prepared");
        let task = tokio::spawn(sender::run(sender, stop.clone()));
        (Running { stop, task }, catalogue)
    }

    pub(crate) async fn append<E: Event>(&self, subject: &Subject, event: E) -> u64 {
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.now(), Context::default());
        self.journal.append(subject, Expect::Any, vec![event]).await.expect("appended").sequence
    }

    pub(crate) async fn tell(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        self.append::<ProjectEvent>(&Subject::project(project), event.into()).await;
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) async fn project(&self) -> ProjectId {
        let (project, workspace) = (ProjectId::from_ulid(self.ids.ulid()), WorkspaceId::from_ulid(self.ids.ulid()));
        self.tell(project, ProjectCreated { name: "Shop".to_owned(), conversation_idle_seconds: None, workspace }).await;
        self.tell(project, ProjectReady {}).await;
        project
    }

    pub(crate) async fn connect_number(&self, project: ProjectId) -> String {
        let number = (self.ids.ulid().random() % 1_000_000_000_000).to_string();
        let key = DataKey::random();
        let created = DataKeyCreated { wrapped: key.wrap(&self.master, project) };
        self.append::<ProjectEvent>(&Subject::data_key(project), created.into()).await;
        let offered = NumberOffered {
            operation: OperationId::from_ulid(self.ids.ulid()),
            phone_number_id: number.clone(),
            waba_id: "1".to_owned(),
            coexistence: false,
            sealed_token: key.seal(&format!("number_token/{number}"), format!("token-{number}").as_bytes()),
            sealed_pin: "v1.x".to_owned(),
        };
        self.tell(project, offered).await;
        self.tell(project, NumberConnected { phone_number_id: number.clone(), waba_id: None, display_phone_number: None }).await;
        number
    }

    pub(crate) async fn shop(&self) -> Shop {
        let project = self.project().await;
        Shop { project, number: self.connect_number(project).await }
    }

    pub(crate) async fn policy(&self, shop: &Shop, unknown_outcome: UnknownOutcome) {
        self.tell(shop.project, contract::SendingPolicySet { unknown_outcome }).await;
    }

    pub(crate) fn contact(&self) -> ContactId {
        ContactId::from_ulid(self.ids.ulid())
    }

    pub(crate) fn request(&self, message: MessageId) -> MessageRequested {
        MessageRequested {
            message,
            conversation: ConversationId::from_ulid(self.ids.ulid()),
            kind: "text".to_owned(),
            text: Some("Hello".to_owned()),
            reply_to: None,
            target: None,
            to: Address::WaId("16505551234".to_owned()),
            template: None,
            flow: None,
            files: Vec::<FileUse>::new(),
            digest: "0".repeat(64),
            content: RawJson::parse(r#"{"type":"text","text":{"body":"Hello"}}"#).expect("JSON"),
            at: self.now(),
            expires_at: self.now() + TimeDelta::hours(1),
        }
    }

    pub(crate) fn message(&self) -> MessageId {
        MessageId::from_ulid(self.ids.ulid())
    }

    /// Asks for a message as it is given.
    pub(crate) async fn ask_for(&self, shop: &Shop, contact: ContactId, request: MessageRequested) -> u64 {
        self.append::<ConversationEvent>(&Subject::conversation(shop.project, contact), request.into()).await
    }

    pub(crate) async fn ask(&self, shop: &Shop, contact: ContactId, message: MessageId) -> u64 {
        self.ask_for(shop, contact, self.request(message)).await
    }

    /// Somebody else writes into the log.
    pub(crate) fn write_no_event(&self, subject: &Subject) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.nats.port())).expect("connected");
        stream.set_read_timeout(Some(WAIT_MAX)).expect("a time");
        write!(stream, "CONNECT {{\"verbose\":false}}\r\nPUB {subject} 5\r\nhello\r\nPING\r\n").expect("written");
        let mut lines = BufReader::new(stream).lines();
        assert!(lines.any(|line| line.expect("read") == "PONG"), "the broker has read it");
    }

    /// What Meta's webhook brings.
    pub(crate) async fn status(&self, shop: &Shop, contact: ContactId, message: MessageId, wamid: &str) {
        let raw = format!(r#"{{"id":"{wamid}","status":"sent","biz_opaque_callback_data":"{message}"}}"#);
        let reported = MessageStatusReported {
            wamid: wamid.to_owned(),
            status: "sent".to_owned(),
            participant: None,
            at: self.now(),
            error_code: None,
            raw: RawJson::parse(&raw).expect("JSON"),
        };
        self.append::<ConversationEvent>(&Subject::conversation(shop.project, contact), reported.into()).await;
    }

    /// What was said about a message, in order, without its request.
    pub(crate) async fn said(&self, shop: &Shop, contact: ContactId, message: MessageId) -> Vec<ConversationEvent> {
        let events = self.journal.entity(&Subject::conversation(shop.project, contact)).await.expect("the log answers");
        let events = events.iter().map(|event| ConversationEvent::decode(event).expect("readable"));
        events.filter(|event| about(event) == Some(message)).collect()
    }

    /// Waits until something was said about a message, and gives all that was.
    pub(crate) async fn until(
        &self,
        shop: &Shop,
        contact: ContactId,
        message: MessageId,
        what: &str,
        fits: impl Fn(&ConversationEvent) -> bool,
    ) -> Vec<ConversationEvent> {
        let what = format!("{message} is {what}");
        let fits = |said: &Vec<ConversationEvent>| said.iter().any(&fits);
        testbed::found(&what, async || self.said(shop, contact, message).await, fits).await
    }

    pub(crate) async fn until_ended(&self, shop: &Shop, contact: ContactId, message: MessageId) -> ConversationEvent {
        let said = self.until(shop, contact, message, "ended", ends).await;
        said.into_iter().find(ends).expect("it has ended")
    }

    pub(crate) async fn rows(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM sender.messages").fetch_one(&self.pool).await.expect("counted")
    }

    /// Until everything that the log holds now is in the rows, and so many of them are left.
    pub(crate) async fn until_rows(&self, count: i64) {
        let last = self.journal.last_sequence(Stream::Conversation, "conversation.>").await.expect("the log answers");
        wait_for("the rows are written", async || {
            let written: i64 = sqlx::query_scalar("SELECT sequence FROM sender.position").fetch_one(&self.pool).await.expect("read");
            u64::try_from(written).expect("positive") >= last && self.rows().await == count
        })
        .await;
    }
}

pub(crate) fn ends(event: &ConversationEvent) -> bool {
    matches!(event, ConversationEvent::MessageAccepted(_) | ConversationEvent::MessageFailed(_) | ConversationEvent::MessageAbandoned(_))
}

pub(crate) fn about(event: &ConversationEvent) -> Option<MessageId> {
    match event {
        ConversationEvent::SendStarted(event) => Some(event.message),
        ConversationEvent::SendDeferred(event) => Some(event.message),
        ConversationEvent::SendOutcomeUnknown(event) => Some(event.message),
        ConversationEvent::MessageAccepted(event) => Some(event.message),
        ConversationEvent::MessageFailed(event) => Some(event.message),
        ConversationEvent::MessageAbandoned(event) => Some(event.message),
        ConversationEvent::ReadSettled(event) => Some(event.message),
        _ => None,
    }
}

/// The events' names, short.
pub(crate) fn names(events: &[ConversationEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.event_type().trim_start_matches("conversation.").trim_end_matches(".v1")).collect()
}

async fn connect(nats: &Nats) -> Journal {
    Journal::connect(ConnectOptions::new(nats.url(), "sender")).await.expect("connected")
}
