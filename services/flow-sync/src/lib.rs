//! The WhatsApp Flows of projects: kept here with every revision, judged, brought to Meta as drafts, published, deprecated, deleted, and
//! compared with what Meta has. The only writer of the stream `flow`.
//!
//! Three texts are compared, never two: what was uploaded, what is held here, and what Meta has. So a change at Meta is told from one of
//! ours, and is never overwritten unless somebody chose it (`decide::compare`). Whatever is cut off on its way to Meta goes on with the next
//! comparison, which is repeatable (`push`, `reconcile`).
//!
//! At Meta a Flow is called `<name> <id>`: names are unique in a WhatsApp Business Account, which several projects may share, and a Flow
//! that was made by a call without an answer is found by it. Whoever gives it another name there is asked which one counts (`theirs`). Meta's id of
//! a Flow stays the same for as long as the project's number is of the same account; in another account it is made anew.
//!
//! A published Flow that is changed goes back to DRAFT, and users cannot open it until it is published again: a caller has to say that they
//! want it, and the answer says what that means. Where Meta's pages disagree about it, the cautious one is believed (DECISIONS.md).
//!
//! What people filled in comes with their messages: that is the recorder's. The endpoint of a Flow is the bot's.

mod agenda;
mod api;
mod aside;
mod command;
pub mod config;
mod decide;
mod details;
mod document;
mod error;
mod flow;
mod flow_name;
mod fold;
mod follow_project;
mod keep;
mod meta;
mod on_flow;
mod on_webhook;
mod push;
mod rebuild;
mod reconcile;
mod same;
mod seen;
mod space;
mod store;
mod theirs;
mod underway;

use std::time::Duration;

use chassis::{Clock, Health};
use contract::Stream;
use journal::Journal;
use projects::{Projects, Tokens};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use storage::Storage;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Graph;

pub use api::routes;
pub use decide::Refusal;
pub use error::Error;
pub use space::Space;

/// The streams that must be open before flow-sync runs.
pub const STREAMS: [Stream; 5] = [Stream::Project, Stream::Flow, Stream::Webhook, Stream::Parked, Stream::Position];

static MIGRATIONS: Migrator = sqlx::migrate!();

/// What flow-sync is built from.
pub struct Parts {
    /// The log.
    pub journal: Journal,
    /// The platform database.
    pub pool: PgPool,
    /// Where documents are kept.
    pub storage: Storage,
    /// What is known of projects; somebody lets it follow the log.
    pub projects: Projects,
    /// Opens the tokens of numbers.
    pub tokens: Tokens,
    /// None: nothing can be uploaded here.
    pub graph: Option<Graph>,
    /// Between two comparisons of a project's Flows with Meta.
    pub interval: Duration,
    /// The time.
    pub clock: Clock,
}

/// Everything that flow-sync works with. Cheap to clone.
#[derive(Clone)]
pub struct FlowSync {
    journal: Journal,
    pool: PgPool,
    storage: Storage,
    projects: Projects,
    tokens: Tokens,
    graph: Option<Graph>,
    interval: Duration,
    clock: Clock,
    locks: command::Locks,
    seen: seen::Seen,
    asked: projects::Asked,
    aside: aside::Aside,
}

impl FlowSync {
    /// Takes connected parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { journal, pool, storage, projects, tokens, graph, interval, clock } = parts;
        let (locks, seen, asked, aside) = (command::Locks::new(), seen::Seen::new(), projects::Asked::default(), aside::Aside::new());
        Self { journal, pool, storage, projects, tokens, graph, interval, clock, locks, seen, asked, aside }
    }

    /// Brings the tables to their current form and to where the log is. Call it before routes answer.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::OtherLog`], or whatever keeps the log or the database from answering.
    pub async fn prepare(&self) -> Result<(), Error> {
        tables::migrate(&self.pool, "flow_sync", &MIGRATIONS).await?;
        self.rebuild().await
    }

    /// What `/readyz` asks of flow-sync. Meta is not asked: what needs it says so when it is away.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("flow-sync.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let storage = self.storage.clone();
        health.register("flow-sync.storage", move || {
            let storage = storage.clone();
            async move { storage.healthy().await }
        });
        let pool = self.pool.clone();
        health.register("flow-sync.database", move || {
            let pool = pool.clone();
            async move {
                let asked = sqlx::query("SELECT FROM flow_sync.flows LIMIT 1").execute(&pool).await;
                asked.map(drop).map_err(|_| "the platform database does not answer, or has no tables of flow-sync".to_owned())
            }
        });
    }
}

/// Follows the log and compares with Meta until `shutdown`. [`FlowSync::prepare`] comes first.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(flow_sync: FlowSync, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = flow_sync.journal.clone();
    let projects = journal.follow(follow_project::follow(), follow_project::OnProject(flow_sync.clone()), shutdown.clone());
    let own = journal.follow(on_flow::follow(), on_flow::OnFlow(flow_sync.clone()), shutdown.clone());
    let webhooks = journal.follow(on_webhook::follow(), on_webhook::OnWebhook(flow_sync.clone()), shutdown.clone());
    let comparing = async {
        agenda::run(flow_sync, shutdown.clone()).await;
        Ok(())
    };
    tokio::try_join!(projects, own, webhooks, comparing)?;
    Ok(())
}
