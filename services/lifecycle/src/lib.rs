//! Projects, from their creation to the one fact that is left of them. The only writer of the stream `project`.
//!
//! | folder | what |
//! | --- | --- |
//! | `project` | the state that events leave, its fold; create, list, show, update |
//! | `operation` | work that takes time: its steps and deadlines; reset, delete, retry; the steps that lifecycle does itself |
//! | `transfer` | the offer of a project to another workspace |
//! | `number` | the number of a project |
//! | `decide` | the rules, pure |
//! | `follow` | events in: the project's own, and what other services report |
//! | `erase` | the end: what is taken out of the log |
//! | `store` | the tables |
//!
//! Rules are pure (`decide`), the log is the truth, the tables of schema `lifecycle` are what lists and reads are served from. A
//! command reads its ground from the log, never from the tables; when it is answered the tables show it too, because the handler writes
//! the row itself, guarded by sequence like the follower that would have written it a moment later.
//!
//! It makes no database, keeps no code and takes no money: other services do, which it knows only by their events.

mod command;
pub mod config;
mod decide;
mod due;
mod erase;
mod error;
mod follow;
mod ground;
mod held;
mod number;
mod operation;
mod origin;
mod project;
mod rebuild;
mod routes;
mod store;
mod transfer;

use std::time::Duration;

use chassis::{Clock, Health, Ids};
use contract::{ProjectId, Stream};
use journal::Journal;
use sealing::MasterKey;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Graph;

use operation::heard::LastHeard;

pub use decide::Refusal;
pub use error::Error;
pub use routes::routes;

/// The streams that must be open before lifecycle runs: all of them, because a deletion looks everywhere.
pub const STREAMS: [Stream; Stream::ALL.len()] = Stream::ALL;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Everything that lifecycle works with. Cheap to clone.
#[derive(Clone)]
pub struct Lifecycle {
    journal: Journal,
    pool: PgPool,
    clock: Clock,
    ids: Ids,
    master: MasterKey,
    /// Meta; none if no app is configured.
    graph: Option<Graph>,
    /// What a step of an operation was told last, of those that wait.
    heard: LastHeard,
    /// How long an append that was begun before a deletion may take to land.
    late_appends: Duration,
    /// Rows may have changed: whoever waits for a deadline or for a step to do looks again.
    wake: watch::Sender<()>,
}

impl Lifecycle {
    /// Takes connected parts; `pool` is of the platform database, `master` wraps the keys of the projects.
    pub fn new(journal: Journal, pool: PgPool, clock: Clock, ids: Ids, master: MasterKey) -> Self {
        let (heard, late_appends, wake) = (LastHeard::default(), erase::LATE_APPENDS, watch::Sender::new(()));
        Self { journal, pool, clock, ids, master, graph: None, heard, late_appends, wake }
    }

    /// With Meta: numbers can be signed up.
    #[must_use]
    pub fn with_graph(self, graph: Option<Graph>) -> Self {
        Self { graph, ..self }
    }

    /// With another time after which a deletion looks again for what was on its way to the log: a test knows who writes.
    #[must_use]
    pub fn with_late_appends(self, late_appends: Duration) -> Self {
        Self { late_appends, ..self }
    }

    /// Brings the tables to their current form and to where the log is. Call it before routes answer.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::OtherLog`], or whatever keeps the log or the database from answering.
    pub async fn prepare(&self) -> Result<(), Error> {
        tables::migrate(&self.pool, "lifecycle", &MIGRATIONS).await?;
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

    /// What makes happen whatever is due to a project.
    fn due(&self, id: ProjectId) -> decide::Command {
        decide::Command::Due { heard: self.heard.of(id) }
    }

    fn changed(&self) {
        self.wake.send_replace(());
    }

    /// For answers to writes, which must not fail for the sake of steps that are only shown.
    async fn provisioning_or_none(&self, id: ProjectId) -> project::provisioning::Provisioning {
        store::find_provisioning(&self.pool, id).await.unwrap_or_else(|_| project::provisioning::Provisioning::none(id))
    }
}

/// Follows the log, waits for deadlines, does its own steps of operations, looks at names in review and for late words of what is gone, and
/// forgets signups that nobody went on with, until `shutdown`. [`Lifecycle::prepare`] comes first.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(lifecycle: Lifecycle, shutdown: CancellationToken) -> Result<(), Error> {
    // Whoever cannot follow any more ends the others here too.
    let stop = shutdown.child_token();
    let followed = async {
        let ended = follow::run(&lifecycle, &stop).await;
        stop.cancel();
        ended
    };
    let (followed, (), (), (), (), ()) = tokio::join!(
        followed,
        due::run(&lifecycle, &stop),
        operation::drive::run(&lifecycle, &stop),
        number::review::run(&lifecycle, &stop),
        number::code::run(&lifecycle, &stop),
        erase::late::run(&lifecycle, &stop)
    );
    Ok(followed?)
}
