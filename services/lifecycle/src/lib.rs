//! Projects: created, shown, made ready, connected to a number. The only writer of the stream `project`.
//!
//! Rules are pure (`decide`), the log is the truth, the tables of schema `lifecycle` are what lists and reads are served from. A
//! command reads its ground from the log, never from the tables; when it is answered the tables show it too, because the handler writes
//! the row itself, guarded by sequence like the follower that would have written it a moment later.
//!
//! It makes no database: that is the service databases, which it knows only by its events.

mod answer;
mod command;
pub mod config;
mod connect_number;
mod create_project;
mod decide;
mod disconnect_number;
mod error;
mod handle;
mod if_match;
mod list_projects;
mod migrate;
mod name;
mod number;
mod project;
mod provisioning;
mod rebuild;
mod routes;
mod show_operation;
mod show_project;
mod store;

use chassis::{Clock, Health, Ids};
use contract::{ProjectId, Stream};
use journal::Journal;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

pub use decide::Refusal;
pub use error::Error;
pub use routes::routes;

/// The streams that must be open before lifecycle runs.
pub const STREAMS: [Stream; 4] = [Stream::Project, Stream::Database, Stream::Parked, Stream::Position];

/// Everything that lifecycle works with. Cheap to clone.
#[derive(Clone)]
pub struct Lifecycle {
    journal: Journal,
    pool: PgPool,
    clock: Clock,
    ids: Ids,
}

impl Lifecycle {
    /// Takes connected parts; `pool` is of the platform database.
    pub fn new(journal: Journal, pool: PgPool, clock: Clock, ids: Ids) -> Self {
        Self { journal, pool, clock, ids }
    }

    /// Brings the tables to their current form and to where the log is. Call it before routes answer.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::OtherLog`], or whatever keeps the log or the database from answering.
    pub async fn prepare(&self) -> Result<(), Error> {
        migrate::migrate(&self.pool).await?;
        self.rebuild().await
    }

    /// What `/readyz` asks of lifecycle.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("lifecycle.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let pool = self.pool.clone();
        health.register("lifecycle.database", move || {
            let pool = pool.clone();
            async move {
                let asked = sqlx::query("SELECT FROM lifecycle.projects LIMIT 1").execute(&pool).await;
                asked.map(drop).map_err(|_| "the platform database does not answer, or has no tables of lifecycle".to_owned())
            }
        });
    }

    /// For answers to writes, which must not fail for the sake of steps that are only shown.
    async fn provisioning_or_none(&self, id: ProjectId) -> provisioning::Provisioning {
        store::find_provisioning(&self.pool, id).await.unwrap_or_else(|_| provisioning::Provisioning::none(id))
    }
}

/// Follows the log until `shutdown`. [`Lifecycle::prepare`] comes first.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(lifecycle: Lifecycle, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = lifecycle.journal.clone();
    let projects = journal.follow(handle::follow(Stream::Project), handle::OnProject(lifecycle.clone()), shutdown.clone());
    let databases = journal.follow(handle::follow(Stream::Database), handle::OnDatabase(lifecycle), shutdown);
    tokio::try_join!(projects, databases)?;
    Ok(())
}
