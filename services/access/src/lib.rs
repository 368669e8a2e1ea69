//! People, workspaces, invitations, API keys, who did what, and whom to remind of what is due. The only writer of the stream `workspace`,
//! except for the use of keys, which is said by whoever checks a key.
//!
//! Rules are pure (`decide`), the log is the truth, the tables of schema `access` are what lists and reads are served from. A command
//! reads its ground from the log, never from the tables, and judges its caller's rights on that same ground.
//!
//! It does not check callers of other services: that is the library `auth`, which folds the same events in memory everywhere.

mod actor;
mod api;
mod audit;
mod command;
pub mod config;
mod decide;
mod email;
mod error;
mod handle;
mod key;
mod keyed;
mod letters;
mod mail;
mod name;
mod ownership;
mod person;
mod rebuild;
mod refusal;
mod remind;
mod reminder;
mod said;
mod scope;
mod store;
mod workspace;

use std::sync::Arc;

use chassis::{Clock, Health, Ids};
use contract::Stream;
use journal::Journal;
use sealing::MasterKey;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use api::routes;
pub use error::Error;
pub use mail::{Mailer, MailerError};
pub use refusal::Refusal;

/// The streams that must be open before access runs.
pub const STREAMS: [Stream; 10] = [
    Stream::Workspace,
    Stream::Project,
    Stream::Database,
    Stream::Billing,
    Stream::Bot,
    Stream::Flow,
    Stream::Template,
    Stream::Media,
    Stream::Parked,
    Stream::Position,
];

static MIGRATIONS: Migrator = sqlx::migrate!();

/// What access is made of, beside log and database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The platform's master key.
    pub master_key: MasterKey,
    /// How mails are sent.
    pub mailer: Mailer,
    /// Where people use Paige in a browser.
    pub console_url: Option<String>,
}

/// Everything that access works with. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    journal: Journal,
    pool: PgPool,
    clock: Clock,
    ids: Ids,
    key: keyed::Keyed,
    outbox: mail::Outbox,
    console_url: Option<String>,
    /// A reminder may be to be mailed.
    reminding: Arc<Notify>,
}

impl Access {
    /// Takes connected parts; `pool` is of the platform database.
    pub fn new(journal: Journal, pool: PgPool, clock: Clock, ids: Ids, settings: Settings) -> Self {
        let Settings { master_key, mailer, console_url } = settings;
        let (key, outbox, reminding) = (keyed::Keyed::new(master_key), mail::Outbox::new(mailer), Arc::new(Notify::new()));
        Self { journal, pool, clock, ids, key, outbox, console_url, reminding }
    }

    /// Brings the tables to their current form and to where the log is. Call it before routes answer.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::OtherLog`], or whatever keeps the log or the database from answering.
    pub async fn prepare(&self) -> Result<(), Error> {
        tables::migrate(&self.pool, "access", &MIGRATIONS).await?;
        self.rebuild().await
    }

    /// What `/readyz` asks of access.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("access.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let pool = self.pool.clone();
        health.register("access.database", move || {
            let pool = pool.clone();
            async move {
                let asked = sqlx::query("SELECT FROM access.workspaces LIMIT 1").execute(&pool).await;
                asked.map(drop).map_err(|_| "the platform database does not answer, or has no tables of access".to_owned())
            }
        });
    }
}

/// Follows the log until `shutdown`. [`Access::prepare`] comes first.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(access: Access, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = access.journal.clone();
    let people = journal.follow(handle::of_workspaces(), handle::OnWorkspace(access.clone()), shutdown.clone());
    let projects = journal.follow(handle::of_projects(), handle::OnProject(access.clone()), shutdown.clone());
    let bills = journal.follow(handle::of_billing(), handle::OnBilling(access.clone()), shutdown.clone());
    let others = handle::OTHERS.map(|stream| journal.follow(handle::of_other(stream), handle::OnOther(access.clone()), shutdown.clone()));
    let mails = async {
        tokio::join!(access.outbox.run(shutdown.clone()), remind::run(access.clone(), shutdown.clone()));
        Ok(())
    };
    tokio::try_join!(people, projects, bills, futures::future::try_join_all(others), mails)?;
    Ok(())
}
