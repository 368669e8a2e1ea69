//! A broker of its own, project databases on the shared Postgres, webhooks as ingress keeps them, and recorders to start and kill.

use std::collections::HashMap;
use std::ops::Deref;
use std::str::FromStr;
use std::time::Duration;

use chassis::{Clock, Ids};
use contract::{
    CHANGE_RECEIVED, Context, ConversationEvent, Event, EventId, NewEvent, NumberClaimed, NumberConnected, NumberDisconnected,
    NumberOffered, NumberReleased, OperationId, OperationKind, OperationStarted, ProjectCreated, ProjectErased, ProjectEvent, ProjectId,
    ProjectUpdated, Recorded, Stream, Subject,
};
use embedded::{Nats, Postgres};
use futures::StreamExt;
use journal::{ConnectOptions, Expect, Filter, Follow, Journal, Range};
use projections::{ProjectDatabases, database_name};
use recorder::{Followers, Projects, Recorder, STREAMS};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) postgres: Server,
    pub(crate) journal: Journal,
    ids: Ids,
}

/// Where the tables are.
pub(crate) enum Server {
    Shared(&'static Postgres),
    /// May be killed.
    Own(Box<Postgres>),
}

impl Deref for Server {
    type Target = Postgres;

    fn deref(&self) -> &Postgres {
        match self {
            Self::Shared(postgres) => postgres,
            Self::Own(postgres) => postgres,
        }
    }
}

/// A recorder in this process, with a connection of its own.
pub(crate) struct Running {
    pub(crate) followers: Followers,
    stop: CancellationToken,
    task: JoinHandle<Result<(), journal::Error>>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Without a word to anybody.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    /// Until everything that is in the log now is recorded and in the tables, or parked. What is set aside, perhaps because the machine was slow
    /// for a moment, comes by itself.
    pub(crate) async fn caught_up(&self) {
        for follower in [&self.followers.webhooks, &self.followers.tables] {
            let mut status = follower.status();
            let caught_up = async {
                follower.caught_up().await.unwrap();
                status.wait_for(|status| status.held == status.parked).await.unwrap();
            };
            let waited = tokio::time::timeout(PATIENCE, caught_up).await;
            assert!(waited.is_ok(), "waited for a follower, which stands at {:?}", *follower.status().borrow());
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(Server::Shared(Postgres::shared().await.unwrap())).await
    }

    pub(crate) async fn on(postgres: Server) -> Self {
        let (nats, journal) = testbed::fresh_log(STREAMS).await;
        Self { nats, postgres, journal, ids: Ids::new(Clock::System) }
    }

    pub(crate) fn databases(&self) -> ProjectDatabases {
        ProjectDatabases::new(PgConnectOptions::from_str(&self.postgres.admin_url()).unwrap())
    }

    pub(crate) async fn start(&self) -> Running {
        self.start_version(1).await
    }

    /// Another version has no position yet: it reads the webhooks from the first one on.
    pub(crate) async fn start_version(&self, version: u32) -> Running {
        let journal = Journal::connect(ConnectOptions::new(self.nats.url(), "recorder")).await.unwrap();
        let mut followers = Followers::new(&journal);
        if version != 1 {
            let filters = ["messages", "user_preferences", "user_id_update"].iter().map(|field| format!("webhook.*.{field}")).collect();
            let (service, stream) = ("recorder", Stream::Webhook);
            followers.webhooks = journal.follower(Follow { service, stream, filters, key_tokens: 2, parallel: 4, batch_max: 64, version });
        }
        let stop = CancellationToken::new();
        let task = tokio::spawn(recorder::run(journal, self.databases(), followers.clone(), stop.clone()));
        Running { followers, stop, task }
    }

    /// The first half of a recorder alone, called by hand.
    pub(crate) async fn recorder(&self) -> Recorder {
        let projects = Projects::default();
        projects.catch_up(&self.journal).await.unwrap();
        Recorder::new(self.journal.clone(), self.databases(), projects)
    }

    fn event_id(&self) -> EventId {
        EventId::from_ulid(self.ids.ulid())
    }

    async fn say(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        self.say_on(&Subject::project(project), event.into()).await;
    }

    async fn say_on(&self, subject: &Subject, event: ProjectEvent) {
        let event = event.into_new(self.event_id(), "/test", Clock::System.now(), Context::default());
        self.journal.append(subject, Expect::Any, vec![event]).await.unwrap();
    }

    /// A project with its database.
    pub(crate) async fn project(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        self.postgres.create_database(&database_name(project)).await.unwrap();
        projections::migrate(&mut self.connection(project).await).await.unwrap();
        self.say(
            project,
            ProjectCreated {
                name: "Pizza".into(),
                conversation_idle_seconds: Some(86_400),
                workspace: contract::WorkspaceId::INSTALLATION,
            },
        )
        .await;
        project
    }

    /// After how long without a message it ends a conversation.
    pub(crate) async fn idle(&self, project: ProjectId, seconds: Option<u32>) {
        self.say(project, ProjectUpdated { name: "Pizza".into(), conversation_idle_seconds: seconds }).await;
    }

    pub(crate) async fn connect(&self, project: ProjectId, number: &str) {
        self.say(project, NumberConnected { phone_number_id: number.into(), waba_id: None, display_phone_number: None }).await;
        self.say_on(&Subject::number(number).unwrap(), NumberClaimed { project }.into()).await;
    }

    /// A signup brings the number, which is to be connected.
    pub(crate) async fn offer(&self, project: ProjectId, number: &str) {
        let offered = NumberOffered {
            operation: OperationId::from_ulid(self.ids.ulid()),
            phone_number_id: number.into(),
            waba_id: "2".into(),
            coexistence: false,
            sealed_token: "v1.t".into(),
            sealed_pin: "v1.p".into(),
        };
        self.say(project, offered).await;
    }

    /// Its deletion begins.
    pub(crate) async fn delete(&self, project: ProjectId) {
        let operation = OperationId::from_ulid(self.ids.ulid());
        let kind = OperationKind::DeleteProject;
        self.say(project, OperationStarted { operation, kind, deadline: Clock::System.now(), overwrite: false }).await;
    }

    /// Its deletion has ended: of its own events one is left.
    pub(crate) async fn erase(&self, project: ProjectId) {
        self.say(project, ProjectErased { operation: OperationId::from_ulid(self.ids.ulid()), left: None }).await;
        self.journal.keep_last(&Subject::project(project)).await.unwrap();
    }

    /// The claims on a number that nobody else had go with them.
    pub(crate) async fn forget_claims(&self, number: &str) {
        let claims = Subject::number(number).unwrap();
        let last = self.journal.last(&claims).await.unwrap().unwrap().sequence;
        self.journal.purge_through(&claims, last).await.unwrap();
    }

    pub(crate) async fn disconnect(&self, project: ProjectId, number: &str) {
        self.say(project, NumberDisconnected { phone_number_id: number.into() }).await;
        self.say_on(&Subject::number(number).unwrap(), NumberReleased { project }.into()).await;
    }

    pub(crate) async fn connection(&self, project: ProjectId) -> PgConnection {
        self.databases().options(project).connect().await.unwrap()
    }

    pub(crate) async fn webhook(&self, number: &str, field: &str, value: Value) {
        let event = NewEvent {
            id: self.event_id(),
            event_type: CHANGE_RECEIVED,
            source: "/paige/ingress",
            time: Clock::System.now(),
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json",
            data: json!({ "field": field, "value": value }).to_string().into(),
        };
        self.journal.append(&Subject::webhook(number, field).unwrap(), Expect::Any, vec![event]).await.unwrap();
    }

    /// The person `sender` writes message number `n`.
    pub(crate) async fn message(&self, number: &str, sender: u32, n: u32) {
        self.webhook(number, "messages", json!({ "messages": [text(sender, n)] })).await;
    }

    /// What the log holds of a project.
    pub(crate) async fn log(&self, project: ProjectId) -> Vec<(Recorded, ConversationEvent)> {
        let filter = Filter::subjects([format!("conversation.{project}.>")]);
        let events = self.journal.replay(Stream::Conversation, Range::ALL, filter);
        let read = |event: Result<Recorded, _>| {
            let event = event.unwrap();
            let fact = ConversationEvent::decode(&event).unwrap();
            (event, fact)
        };
        events.map(read).collect().await
    }

    /// Contacts, conversations, messages: in the tables.
    pub(crate) async fn counts(&self, project: ProjectId) -> (i64, i64, i64) {
        const QUERY: &str = "SELECT (SELECT count(*) FROM public.contacts), (SELECT count(*) FROM public.conversations),
                                    (SELECT count(*) FROM public.messages)";
        sqlx::query_as(QUERY).fetch_one(&mut self.connection(project).await).await.unwrap()
    }

    pub(crate) async fn until_counts(&self, project: ProjectId, wanted: (i64, i64, i64)) {
        let what = format!("{wanted:?} of {project}");
        testbed::found(&what, async || self.counts(project).await, |counts: &(i64, i64, i64)| *counts == wanted).await;
    }

    /// The wamids of a project's log by contact, in order.
    pub(crate) async fn said(&self, project: ProjectId) -> HashMap<String, Vec<String>> {
        let mut said: HashMap<String, Vec<String>> = HashMap::new();
        for (event, fact) in self.log(project).await {
            if let ConversationEvent::MessageReceived(received) = fact {
                said.entry(event.subject.to_string()).or_default().push(received.0.wamid);
            }
        }
        said
    }
}

pub(crate) fn text(sender: u32, n: u32) -> Value {
    json!({ "id": wamid(sender, n), "from": format!("1650555{sender:04}"), "from_user_id": format!("US.{sender}"),
            "timestamp": (1_790_000_000 + n).to_string(), "type": "text", "text": { "body": "hello" } })
}

pub(crate) fn wamid(sender: u32, n: u32) -> String {
    format!("wamid.{sender}.{n:05}")
}
