//! A local Paystack, as far as billing uses it: transactions, cards that pay or do not, signed webhooks, and what can go wrong on the way.
//!
//! Strict where Paystack is: the secret key, references that are taken once, amounts in hundredths, currencies, authorizations that belong
//! to one e-mail address. Whether a card has money is a switch, or the choice of whoever pays at the page. It keeps everything in memory,
//! and it answers and calls this machine alone.
//!
//! Source: Paystack's API reference (transactions), "Webhooks", "Recurring charges", "Error codes".

mod account;
mod ask;
mod faults;
mod http;
mod outbox;
mod refusal;
mod settings;
mod signature;
mod transaction;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chassis::{Clock, Ids};
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::HttpClient;
use crate::config::loopback_url;
use crate::{Error, Refused};

use account::Account;
use outbox::{Attempt, Outbox};
use transaction::Transaction;

pub use account::Card;
pub use faults::PaystackFaults;
pub use http::routes;
pub use settings::PaystackSettings;
pub use signature::sign;

/// A local Paystack. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub struct Paystack(Arc<Parts>);

struct Parts {
    settings: PaystackSettings,
    clock: Clock,
    client: HttpClient,
    office: Mutex<Office>,
    changed: Notify,
}

/// Everything that changes.
pub(crate) struct Office {
    pub(crate) account: Account,
    pub(crate) outbox: Outbox,
    pub(crate) faults: PaystackFaults,
    pub(crate) dice: StdRng,
}

impl Paystack {
    /// Nothing is posted until [`Paystack::run`]. Randomness follows from `ids`, so that a test can foresee it.
    ///
    /// # Errors
    /// The target is not on this machine.
    pub fn new(settings: PaystackSettings, clock: Clock, ids: &Ids) -> Result<Self, Error> {
        loopback_url(&settings.paystack_target)?;
        let client = HttpClient::new().map_err(Error::Client)?;
        let dice = StdRng::seed_from_u64(ids.ulid().random() as u64);
        let office = Office { account: Account::default(), outbox: Outbox::default(), faults: PaystackFaults::default(), dice };
        Ok(Self(Arc::new(Parts { settings, clock, client, office: Mutex::new(office), changed: Notify::new() })))
    }

    /// Posts webhooks until `shutdown`; what is not delivered by then is lost.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut posts = JoinSet::new();
        while !shutdown.is_cancelled() {
            for attempt in self.take_due() {
                let paystack = self.clone();
                posts.spawn(async move { paystack.post(attempt).await });
            }
            while posts.try_join_next().is_some() {}
            let next_at = self.office().outbox.next_at();
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.0.changed.notified() => {}
                () = self.reach(next_at) => {}
            }
        }
    }

    /// Makes the attempts that are due at the clock's time, and waits for them. For tests, in the place of [`Paystack::run`].
    pub async fn deliver_due(&self) -> usize {
        let attempts = self.take_due();
        let made = attempts.len();
        let mut posts = JoinSet::new();
        for attempt in attempts {
            let paystack = self.clone();
            posts.spawn(async move { paystack.post(attempt).await });
        }
        posts.join_all().await;
        made
    }

    /// Sets all switches.
    ///
    /// # Errors
    /// [`Refused`] for values out of range; the switches stay as they were.
    pub fn set_faults(&self, faults: PaystackFaults) -> Result<(), Refused> {
        faults.check()?;
        self.office().faults = faults;
        Ok(())
    }

    /// Webhooks that wait or are on their way.
    pub fn undelivered(&self) -> usize {
        self.office().outbox.undelivered()
    }

    pub(crate) fn office(&self) -> MutexGuard<'_, Office> {
        self.0.office.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something at the clock's time. A transaction that was decided by it is reported by webhook.
    pub(crate) fn act<E>(&self, act: impl FnOnce(&mut Office, DateTime<Utc>) -> Result<Transaction, E>) -> Result<Transaction, E> {
        let now = self.0.clock.now();
        let mut office = self.office();
        let transaction = act(&mut office, now)?;
        let Office { outbox, faults, dice, .. } = &mut *office;
        outbox.report(&transaction, faults, dice, now);
        drop(office);
        self.0.changed.notify_one();
        Ok(transaction)
    }

    async fn reach(&self, at: Option<DateTime<Utc>>) {
        match at {
            Some(at) => self.0.clock.reach(at).await,
            None => std::future::pending().await,
        }
    }

    fn take_due(&self) -> Vec<Attempt> {
        let now = self.0.clock.now();
        let mut office = self.office();
        let Office { outbox, faults, dice, .. } = &mut *office;
        outbox.take_due(now, faults, dice)
    }

    async fn post(&self, attempt: Attempt) {
        let secret = self.0.settings.paystack_secret_key.expose();
        let outcome = if attempt.drop {
            Err("lost on the way, as asked for".to_owned())
        } else {
            let signature = match attempt.wrong_signature {
                true => sign(&format!("not {secret}"), &attempt.body),
                false => sign(secret, &attempt.body),
            };
            let url = &self.0.settings.paystack_target;
            self.0.client.payment_webhook(url, attempt.body, &signature, ANSWER_LIMIT).await
        };
        self.office().outbox.met(attempt.serial, &outcome, self.0.clock.now());
        self.0.changed.notify_one();
    }
}

/// How long Paystack waits for an answer to a webhook.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
