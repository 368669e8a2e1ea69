//! What was asked to be sent goes to Meta: each message once, in the order of its contact, as fast as its number may.
//!
//! Meta knows no key against doubles. So what keeps a message from being sent twice is the log: a start is written down before Meta is
//! asked, under the last sequence of the contact's subject, and a start without an outcome is an *unknown outcome* that only a status
//! with the message's id settles, or the project's policy. Rules are pure (`decide`, `pace`); the backlog is folded from the log and kept
//! in rows of schema `sender`, so that a restart reads only what is new. Contents are in the log alone.
//!
//! What may be sent was decided by whoever asked. What can change while a message waits is looked at again when its turn comes
//! (`permitted`), and nothing else. It answers no API.

mod backlog;
pub mod config;
mod contact;
mod decide;
mod dispatch;
mod ended;
mod error;
mod files;
mod lane;
mod limits;
mod message;
mod next;
mod origin;
mod pace;
mod permitted;
mod preferences;
mod said;
mod scheduler;
mod send;
mod show;
mod speak;
mod status;
mod stopped;
mod store;
mod uploads;

use std::sync::Arc;

use chassis::{Clock, Health, Ids};
use chrono::TimeDelta;
use contract::Stream;
use journal::Journal;
use projects::{Catalogue, Projects, Tokens};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use storage::Storage;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Graph;

pub use error::Error;
pub use limits::Limits;

use files::Files;

/// The streams that must be open before the sender runs.
pub const STREAMS: [Stream; 4] = [Stream::Project, Stream::Conversation, Stream::Template, Stream::Flow];

static MIGRATIONS: Migrator = sqlx::migrate!();

/// What the sender is built from.
pub struct Parts {
    /// The log.
    pub journal: Journal,
    /// The platform database.
    pub pool: PgPool,
    /// The time.
    pub clock: Clock,
    /// Ids, and chance.
    pub ids: Ids,
    /// Meta.
    pub graph: Graph,
    /// What is known of projects; it follows the log already.
    pub projects: Projects,
    /// What is known of templates and Flows; it follows the log as well.
    pub catalogue: Catalogue,
    /// Opens the tokens of their numbers.
    pub tokens: Tokens,
    /// Where files are.
    pub storage: Storage,
    /// How much at once, and how fast.
    pub limits: Limits,
}

/// Everything that the sender works with. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    journal: Journal,
    pool: PgPool,
    clock: Clock,
    ids: Ids,
    graph: Graph,
    projects: Projects,
    catalogue: Catalogue,
    tokens: Tokens,
    files: Arc<Files>,
    limits: Arc<Limits>,
}

impl Sender {
    /// Takes connected parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { journal, pool, clock, ids, graph, projects, catalogue, tokens, storage, limits } = parts;
        let files = Arc::new(Files::new(storage, graph.clone(), clock.clone()));
        Self { journal, pool, clock, ids, graph, projects, catalogue, tokens, files, limits: Arc::new(limits) }
    }

    /// Brings the tables to their current form, and refuses those of another log.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::OtherLog`], or whatever keeps the log or the database from answering.
    pub async fn prepare(&self) -> Result<(), Error> {
        tables::migrate(&self.pool, "sender", &MIGRATIONS).await?;
        let created = self.journal.state(Stream::Conversation).await?.created;
        store::check_identity(&self.pool, created).await
    }

    /// What `/readyz` asks of the sender. Meta is not asked: messages wait while it is away.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("sender.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let pool = self.pool.clone();
        health.register("sender.database", move || {
            let pool = pool.clone();
            async move {
                let asked = sqlx::query("SELECT FROM sender.position LIMIT 1").execute(&pool).await;
                asked.map(drop).map_err(|_| "the platform database does not answer, or has no tables of the sender".to_owned())
            }
        });
    }

    /// How long a status is waited for after a call without an answer.
    fn settle_wait(&self) -> TimeDelta {
        TimeDelta::from_std(self.graph.send_limit() + self.limits.settle_margin).unwrap_or(TimeDelta::MAX)
    }

    /// How long after its start a message that another process sends is nobody's any more.
    fn lost_after(&self) -> TimeDelta {
        TimeDelta::from_std(self.graph.send_limit() + self.limits.settle_margin + send::START_AGE_MAX).unwrap_or(TimeDelta::MAX)
    }
}

/// Sends until `shutdown`, or until it cannot go on. Either way, calls that run come to their end. [`Sender::prepare`] comes first. Two at
/// once do no harm: each message is one's.
///
/// # Errors
/// The log cannot be followed any more, the rows cannot be read at the start, or a task panics.
pub async fn run(sender: Sender, shutdown: CancellationToken) -> Result<(), Error> {
    scheduler::Scheduler::open(sender, shutdown).await?.run().await
}
