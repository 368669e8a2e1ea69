//! Files: what contacts send is fetched from Meta, which keeps it for a week, and kept; what is to be sent is taken in. The only writer of
//! the stream `media`.
//!
//! A message is recorded by others, with or without its file; here notes are taken of what messages name (`notice`, `read`), and the files
//! are fetched beside that (`dispatch`, `fetch`, `decide`). Bytes are objects in the storage, one for each file, named by the file's id.
//! The log says what became of each; the tables of schema `media` say what is still to be fetched.
//!
//! It does not send files to Meta, and does not look into them further than their first bytes.

mod answer;
pub mod config;
mod content;
mod decide;
mod delete_media;
mod digest;
mod dispatch;
mod error;
mod facts;
mod fetch;
mod follow_project;
mod keep;
mod label;
mod list_message_media;
mod notice;
mod read;
mod routes;
mod say;
mod show_content;
mod show_media;
mod store;
mod upload_media;
mod webp;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chassis::{Clock, Health, Ids};
use contract::{ProjectId, Stream};
use journal::Journal;
use projects::{Life, Projects, Tokens};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use storage::Storage;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Graph;

pub use error::Error;
pub use routes::routes;

/// The streams that must be open before media runs.
pub const STREAMS: [Stream; 5] = [Stream::Project, Stream::Conversation, Stream::Media, Stream::Parked, Stream::Position];

static MIGRATIONS: Migrator = sqlx::migrate!();

/// A mebibyte.
const MIB: u64 = 1024 * 1024;
/// The largest file that contacts can send (reference: Meta's code 131052).
pub const FILE_BYTES_MAX: u64 = 100 * MIB;
/// Files that are being fetched are in memory, all of them in at most so many mebibytes.
const MEMORY_MIB_MAX: u32 = 128;

/// What media is built from.
pub struct Parts {
    /// The log.
    pub journal: Journal,
    /// The platform database.
    pub pool: PgPool,
    /// Where files are kept.
    pub storage: Storage,
    /// Meta.
    pub graph: Graph,
    /// Which projects there are; whoever made it lets it follow the log.
    pub projects: Projects,
    /// In whose name Meta is asked.
    pub tokens: Tokens,
    /// The time.
    pub clock: Clock,
    /// Ids.
    pub ids: Ids,
}

/// Everything that media works with. Cheap to clone.
#[derive(Clone)]
pub struct Media {
    journal: Journal,
    pool: PgPool,
    storage: Storage,
    graph: Graph,
    projects: Projects,
    tokens: Tokens,
    clock: Clock,
    ids: Ids,
    file_bytes_max: u64,
    /// Something may be due earlier than was thought.
    work: Arc<Notify>,
    /// Room for files that are being fetched, in mebibytes.
    memory: Arc<Semaphore>,
    /// The storage did not take the last file that was fetched.
    unkept: Arc<AtomicBool>,
}

impl Media {
    /// Takes connected parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { journal, pool, storage, graph, projects, tokens, clock, ids } = parts;
        let memory = Arc::new(Semaphore::new(MEMORY_MIB_MAX as usize));
        let work = Arc::new(Notify::new());
        let unkept = Arc::default();
        Self { journal, pool, storage, graph, projects, tokens, clock, ids, file_bytes_max: FILE_BYTES_MAX, work, memory, unkept }
    }

    /// The same, with another limit than [`FILE_BYTES_MAX`] for files that contacts send.
    #[must_use]
    pub fn with_file_bytes_max(self, file_bytes_max: u64) -> Self {
        Self { file_bytes_max, ..self }
    }

    /// Brings the tables to their current form and to what the log says of files. Call it before anything else.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::OtherLog`], or whatever keeps the log or the database from answering.
    pub async fn prepare(&self) -> Result<(), Error> {
        tables::migrate(&self.pool, "media", &MIGRATIONS).await?;
        self.catch_up().await
    }

    /// What `/readyz` asks of media. Meta is not asked: files wait for it.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("media.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let storage = self.storage.clone();
        health.register("media.storage", move || {
            let storage = storage.clone();
            async move { storage.healthy().await }
        });
        let pool = self.pool.clone();
        health.register("media.database", move || {
            let pool = pool.clone();
            async move {
                let asked = sqlx::query("SELECT FROM media.files LIMIT 1").execute(&pool).await;
                asked.map(drop).map_err(|_| "the platform database does not answer, or has no tables of media".to_owned())
            }
        });
    }

    /// Whether a project is there and stays.
    pub(crate) async fn lives(&self, project: ProjectId) -> Result<bool, Error> {
        Ok(self.projects.fresh(project).await?.is_some_and(|project| project.life != Life::Leaving))
    }
}

/// Takes notes of the log and fetches files until `shutdown`. [`Media::prepare`] comes first.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(media: Media, shutdown: CancellationToken) -> Result<(), Error> {
    let projects = media.journal.follow(follow_project::follow(), follow_project::OnProject(media.clone()), shutdown.clone());
    let own_work = async {
        tokio::join!(
            media.read(Stream::Conversation, &shutdown),
            media.read(Stream::Media, &shutdown),
            dispatch::run(media.clone(), shutdown.clone()),
            dispatch::count(media.clone(), shutdown.clone()),
        );
        Ok(())
    };
    let followed = async { Ok::<(), Error>(projects.await?) };
    tokio::try_join!(followed, own_work)?;
    Ok(())
}
