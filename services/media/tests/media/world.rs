//! What every test of media stands on: a broker, a platform database and a folder of its own, a clock that stands, Meta, the service in this
//! process, and the log to play lifecycle and recorder on.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chassis::{Clock, Ids};
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    ContactId, Context, ConversationEvent, ConversationId, DataKeyCreated, Event, EventId, MediaEvent, MediaId, Message, MessageId,
    MessageReceived, NumberConnected, NumberOffered, OperationId, OperationKind, OperationStarted, ProjectCreated, ProjectEvent, ProjectId,
    ProjectReady, RawJson, Stream, Subject, WorkspaceId,
};
use embedded::Nats;
use journal::{Expect, Filter, Journal, Range};
use media::{Media, Parts, STREAMS};
use projects::{Projects, Tokens};
use sealing::{DataKey, MasterKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use storage::Storage;
use tempfile::TempDir;
pub(crate) use testbed::API_KEY;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::{Graph, Settings, Token};

use crate::meta::{Meta, NUMBER, TOKEN, Trouble};

pub(crate) const MASTER_KEY: &str = "6d61737465722d6b65792d666f722d74657374732d3031323334353637383961";
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const BEGIN_MS: i64 = 1_795_000_000_000;

pub(crate) struct World {
    pub(crate) nats: Nats,
    pub(crate) journal: Journal,
    pub(crate) url: String,
    pub(crate) pool: PgPool,
    pub(crate) folder: TempDir,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) meta: Meta,
    pub(crate) projects: Projects,
    file_bytes_max: u64,
    following: CancellationToken,
}

/// A running service; stopped when told to.
pub(crate) struct Service {
    stop: CancellationToken,
    task: JoinHandle<Result<(), media::Error>>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.following.cancel();
    }
}

pub(crate) async fn fresh_pool() -> (String, PgPool) {
    let url = testbed::fresh_database().await;
    let pool = PgPoolOptions::new().max_connections(16).connect(&url).await.unwrap();
    (url, pool)
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::limited(media::FILE_BYTES_MAX).await
    }

    /// With a limit of its own for files that contacts send.
    pub(crate) async fn limited(file_bytes_max: u64) -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        let projects = Projects::start(journal.clone()).await.unwrap();
        let following = CancellationToken::new();
        projects.follow(following.clone());
        let clock = Clock::manual(DateTime::from_timestamp_millis(BEGIN_MS).unwrap());
        let (url, pool) = fresh_pool().await;
        let folder = tempfile::tempdir().unwrap();
        let (ids, meta) = (Ids::new(clock.clone()), Meta::start().await);
        let world = Self { nats, journal, url, pool, folder, clock, ids, meta, projects, file_bytes_max, following };
        world.media().prepare().await.unwrap();
        world
    }

    pub(crate) fn media(&self) -> Media {
        self.media_on(&self.pool)
    }

    pub(crate) fn media_on(&self, pool: &PgPool) -> Media {
        let settings = Settings { url: self.meta.graph_url(), app_id: String::new(), app_secret: Token::new("") };
        let parts = Parts {
            journal: self.journal.clone(),
            pool: pool.clone(),
            storage: Storage::open(self.folder.path().to_str().unwrap()).unwrap(),
            graph: Graph::new(settings).unwrap(),
            projects: self.projects.clone(),
            tokens: Tokens::new(self.journal.clone(), master()),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        Media::new(parts).with_file_bytes_max(self.file_bytes_max)
    }

    pub(crate) async fn start(&self) -> Service {
        let media = self.media();
        media.prepare().await.unwrap();
        let stop = CancellationToken::new();
        Service { task: tokio::spawn(media::run(media, stop.clone())), stop }
    }

    pub(crate) async fn stop(&self, service: Service) {
        service.stop.cancel();
        service.task.await.unwrap().unwrap();
    }

    /// Stops the service. Nothing is held: a test ends with it.
    pub(crate) async fn end(&self, service: Service) {
        testbed::end(&self.journal, self.stop(service)).await;
    }

    pub(crate) async fn say(&self, subject: &Subject, event: impl Into<ProjectEvent>) {
        let event: ProjectEvent = event.into();
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        self.journal.append(subject, Expect::Any, vec![event]).await.unwrap();
    }

    pub(crate) async fn tell(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        self.say(&Subject::project(project), event).await;
    }

    /// A project without a number.
    pub(crate) async fn bare_project(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        let workspace = WorkspaceId::INSTALLATION;
        self.tell(project, ProjectCreated { name: "Shop".into(), conversation_idle_seconds: None, workspace }).await;
        self.tell(project, ProjectReady {}).await;
        project
    }

    /// A project with a number and its token.
    pub(crate) async fn project(&self) -> ProjectId {
        let project = self.bare_project().await;
        self.connect(project).await;
        project
    }

    pub(crate) async fn connect(&self, project: ProjectId) {
        let key = DataKey::random();
        self.say(&Subject::data_key(project), DataKeyCreated { wrapped: key.wrap(&master(), project) }).await;
        let offered = NumberOffered {
            operation: OperationId::from_ulid(self.ids.ulid()),
            phone_number_id: NUMBER.to_owned(),
            waba_id: "104857392016384".to_owned(),
            coexistence: false,
            sealed_token: key.seal(&format!("number_token/{NUMBER}"), TOKEN.as_bytes()),
            sealed_pin: "v1.pin".to_owned(),
        };
        self.tell(project, offered).await;
        self.tell(project, NumberConnected { phone_number_id: NUMBER.to_owned(), waba_id: None, display_phone_number: None }).await;
    }

    pub(crate) async fn begin(&self, project: ProjectId, kind: OperationKind) -> OperationId {
        let operation = OperationId::from_ulid(self.ids.ulid());
        let deadline = self.clock.now() + TimeDelta::hours(1);
        self.tell(project, OperationStarted { operation, kind, deadline, overwrite: false }).await;
        operation
    }

    /// A message, as the recorder writes it: ours, around what Meta sent.
    pub(crate) fn message(&self, kind: &str, raw: &Value) -> Message {
        Message {
            message: MessageId::from_ulid(self.ids.ulid()),
            conversation: ConversationId::from_ulid(self.ids.ulid()),
            wamid: raw["id"].as_str().unwrap_or("wamid.A").to_owned(),
            sent_at: self.clock.now(),
            kind: kind.to_owned(),
            text: None,
            reply_to: None,
            target: None,
            group: None,
            raw: RawJson::parse(&raw.to_string()).unwrap(),
        }
    }

    pub(crate) async fn hear(&self, project: ProjectId, event: impl Into<ConversationEvent>) {
        let event: ConversationEvent = event.into();
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        let contact = ContactId::from_ulid(self.ids.ulid());
        self.journal.append(&Subject::conversation(project, contact), Expect::Any, vec![event]).await.unwrap();
    }

    /// A contact sends an image, which Meta has.
    pub(crate) async fn image(&self, project: ProjectId, id: &str, bytes: &[u8]) -> (MessageId, MediaId) {
        self.troubled(project, id, bytes, None).await
    }

    /// The same, where Meta does something wrong with it every time, from the first on.
    pub(crate) async fn troubled(&self, project: ProjectId, id: &str, bytes: &[u8], trouble: Option<Trouble>) -> (MessageId, MediaId) {
        self.meta.keep(id, "image/jpeg", Bytes::copy_from_slice(bytes));
        self.meta.with(id, |held| held.always = trouble);
        self.image_of(project, id, bytes).await
    }

    /// A contact sends an image.
    pub(crate) async fn image_of(&self, project: ProjectId, id: &str, bytes: &[u8]) -> (MessageId, MediaId) {
        let raw = json!({"id": "wamid.A", "type": "image",
            "image": {"id": id, "mime_type": "image/jpeg", "sha256": STANDARD.encode(Sha256::digest(bytes))}});
        let message = self.message("image", &raw);
        let ours = message.message;
        self.hear(project, MessageReceived(message)).await;
        (ours, MediaId::of_message(project, ours, id))
    }

    /// What the log says of a file.
    pub(crate) async fn said(&self, project: ProjectId, media: MediaId) -> Vec<MediaEvent> {
        let events = self.journal.entity(&Subject::media(project, media)).await.unwrap();
        events.iter().map(|recorded| MediaEvent::decode(recorded).unwrap()).collect()
    }

    /// Waits for the first thing that is said of a file; it is the only one.
    pub(crate) async fn until_said(&self, project: ProjectId, media: MediaId) -> MediaEvent {
        let began = Instant::now();
        loop {
            let mut said = self.said(project, media).await;
            if let Some(event) = said.pop() {
                assert!(said.is_empty(), "{said:?} before {event:?}");
                return event;
            }
            assert!(began.elapsed() < PATIENCE, "waited for something to be said of {media}; the tables: {:#?}", self.rows().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The same, of one that is kept.
    pub(crate) async fn until_stored(&self, project: ProjectId, media: MediaId) -> contract::MediaStored {
        let MediaEvent::MediaStored(stored) = self.until_said(project, media).await else { panic!("{media} is not stored") };
        stored
    }

    /// The same, of one that cannot be had. The clock is moved as long as that takes.
    pub(crate) async fn until_failed(&self, project: ProjectId, media: MediaId) -> contract::MediaFailed {
        let began = Instant::now();
        loop {
            match self.said(project, media).await.pop() {
                Some(MediaEvent::MediaFailed(failed)) => return failed,
                Some(other) => panic!("{other:?}"),
                None => {}
            }
            assert!(began.elapsed() < PATIENCE, "waited for {media} to fail; the tables: {:#?}", self.rows().await);
            // Only when nothing is left to do until then.
            if let Some(due) = self.later(media).await {
                self.clock.set(due);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until `so` holds.
    pub(crate) async fn until(&self, what: &str, so: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !so().await {
            assert!(began.elapsed() < PATIENCE, "waited until {what}; the tables: {:#?}", self.rows().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// When a file is tried next; none: now, or never.
    pub(crate) async fn later(&self, media: MediaId) -> Option<DateTime<Utc>> {
        let due = sqlx::query_scalar("SELECT due_at FROM media.files WHERE id = $1").bind(media.to_string());
        let due: Option<Option<DateTime<Utc>>> = due.fetch_optional(&self.pool).await.unwrap();
        due.flatten().filter(|due| *due > self.clock.now())
    }

    /// How often a file was tried; none: nobody has heard of it.
    pub(crate) async fn attempts(&self, media: MediaId) -> Option<i32> {
        let query = sqlx::query_scalar("SELECT attempts FROM media.files WHERE id = $1").bind(media.to_string());
        query.fetch_optional(&self.pool).await.unwrap()
    }

    pub(crate) async fn rows(&self) -> Vec<String> {
        rows(&self.pool).await
    }

    pub(crate) fn path(&self, project: ProjectId, media: MediaId) -> PathBuf {
        self.folder.path().join(format!("{project}/media/{media}"))
    }

    /// Files in the storage of a project, whole and half-written ones.
    pub(crate) fn stored(&self, project: ProjectId) -> usize {
        std::fs::read_dir(self.folder.path().join(format!("{project}/media"))).map_or(0, Iterator::count)
    }

    /// What lifecycle waits for.
    pub(crate) async fn erased(&self, project: ProjectId) -> Vec<OperationId> {
        let events = self.journal.entity(&Subject::media_space(project)).await.unwrap();
        let operation = |recorded: &contract::Recorded| match MediaEvent::decode(recorded).unwrap() {
            MediaEvent::MediaErased(erased) => erased.operation,
            other => panic!("{other:?}"),
        };
        events.iter().map(operation).collect()
    }

    /// Every event of the stream of conversations, whole.
    pub(crate) async fn conversations(&self) -> Vec<(u64, Bytes)> {
        use futures::TryStreamExt;
        let events = self.journal.replay(Stream::Conversation, Range::ALL, Filter::all());
        events.map_ok(|event| (event.sequence, event.data)).try_collect().await.unwrap()
    }
}

pub(crate) fn master() -> MasterKey {
    MASTER_KEY.parse().unwrap()
}

/// The files as text, but for how they came to be so.
pub(crate) async fn rows(pool: &PgPool) -> Vec<String> {
    let query = "SELECT (to_jsonb(f) - 'attempts' - 'doubts')::text FROM media.files f ORDER BY id";
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
