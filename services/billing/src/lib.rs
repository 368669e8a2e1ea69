//! What projects owe: trial, paid cycles, pause, cancellation, grace, AI credits. The only writer of the stream `billing`.
//!
//! Two axes: the *subscription* has eight states (`subscription`); the *entitlement*, live or suspended, follows from the state by one pure
//! function. Rules are pure (`decide`), the log is the truth, the tables of schema `billing` are what pollers and lists are served from.
//! Instants in events are those of the rules, not those at which somebody noticed.
//!
//! It suspends nothing itself: lifecycle follows `entitlement_changed`. It reminds nobody itself: access follows `reminder_due`.

mod account;
mod accounts;
mod answer;
mod authorisation;
mod buy_credits;
mod cancel_subscription;
mod charges;
mod command;
pub mod config;
mod deadline;
mod decide;
mod error;
mod handle;
mod list_payments;
mod pause_subscription;
mod pay_subscription;
mod payment_page;
mod paystack;
mod poller;
mod rebuild;
mod reconcile;
mod resume_subscription;
mod routes;
mod settle;
mod show_credits;
mod show_subscription;
mod store;
mod subscription;
mod terms;
mod usage;
mod use_credits;
mod withdraw_change;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chassis::{Clock, Health, Ids};
use contract::Stream;
use journal::Journal;
use sealing::MasterKey;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use decide::Refusal;
pub use error::Error;
pub use paystack::{Paystack, ProviderError};
pub use routes::routes;
pub use terms::{Pack, Terms, TermsError};

use accounts::Accounts;

/// The streams that must be open before billing runs.
pub const STREAMS: [Stream; 7] =
    [Stream::Project, Stream::Billing, Stream::Usage, Stream::Webhook, Stream::Workspace, Stream::Parked, Stream::Position];

static MIGRATIONS: Migrator = sqlx::migrate!();

/// What billing is built from.
pub struct Parts {
    /// The log.
    pub journal: Journal,
    /// The platform database.
    pub pool: PgPool,
    /// The time.
    pub clock: Clock,
    /// Ids.
    pub ids: Ids,
    /// Wraps the data keys of projects.
    pub master: MasterKey,
    /// The plan and its times.
    pub terms: Terms,
    /// None: nothing can be paid here.
    pub provider: Option<Paystack>,
}

/// Everything that billing works with. Cheap to clone.
#[derive(Clone)]
pub struct Billing {
    journal: Journal,
    pool: PgPool,
    clock: Clock,
    ids: Ids,
    master: Arc<MasterKey>,
    terms: Arc<Terms>,
    provider: Option<Paystack>,
    accounts: Arc<Accounts>,
    /// Something may be due earlier than was thought.
    deadlines: Arc<Notify>,
    /// Something may be to be charged.
    charges: Arc<Notify>,
    /// Deadlines are overdue: nothing is charged until all that is due has happened, in order.
    behind: Arc<AtomicBool>,
}

impl Billing {
    /// Takes connected parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { journal, pool, clock, ids, master, terms, provider } = parts;
        Self {
            journal,
            pool,
            clock,
            ids,
            master: Arc::new(master),
            terms: Arc::new(terms),
            provider,
            accounts: Arc::new(Accounts::new()),
            deadlines: Arc::new(Notify::new()),
            charges: Arc::new(Notify::new()),
            behind: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Brings the tables to their current form and to where the log is. Call it before routes answer.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::OtherLog`], or whatever keeps the log or the database from answering.
    pub async fn prepare(&self) -> Result<(), Error> {
        tables::migrate(&self.pool, "billing", &MIGRATIONS).await?;
        self.rebuild().await
    }

    /// What `/readyz` asks of billing. The provider is not asked: what needs it says so when it is away.
    pub fn register(&self, health: &Health) {
        let journal = self.journal.clone();
        health.register("billing.log", move || {
            let journal = journal.clone();
            async move { journal.healthy().await }
        });
        let pool = self.pool.clone();
        health.register("billing.database", move || {
            let pool = pool.clone();
            async move {
                let asked = sqlx::query("SELECT FROM billing.accounts LIMIT 1").execute(&pool).await;
                asked.map(drop).map_err(|_| "the platform database does not answer, or has no tables of billing".to_owned())
            }
        });
    }
}

/// Follows the log, fires deadlines, charges and reconciles until `shutdown`. [`Billing::prepare`] comes first.
///
/// # Errors
/// The log cannot be followed any more.
pub async fn run(billing: Billing, shutdown: CancellationToken) -> Result<(), Error> {
    let journal = billing.journal.clone();
    let projects = journal.follow(handle::follow(Stream::Project), handle::OnProject(billing.clone()), shutdown.clone());
    let own = journal.follow(handle::follow(Stream::Billing), handle::OnBilling(billing.clone()), shutdown.clone());
    let uses = journal.follow(handle::follow(Stream::Usage), handle::OnUsage(billing.clone()), shutdown.clone());
    let reports = journal.follow(handle::follow_reports(), handle::OnReport::new(billing.clone()), shutdown.clone());
    let own_work = async {
        tokio::join!(
            poller::run(billing.clone(), shutdown.clone()),
            charges::run(billing.clone(), shutdown.clone()),
            reconcile::run(billing.clone(), shutdown.clone()),
        );
        Ok(())
    };
    tokio::try_join!(projects, own, uses, reports, own_work)?;
    Ok(())
}
