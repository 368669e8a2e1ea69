//! Accounts that were folded before, kept in memory: a command reads only what the log has beyond them. Never trusted by itself: the log is
//! read first, and an append is refused if the subject holds something else.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use contract::{BillingEvent, Event, ProjectId, Subject};
use journal::Journal;
use lru::LruCache;

use crate::account::{Account, Uses, use_key};
use crate::error::Error;

/// Accounts that are kept. One is a few kilobytes, and some 40 bytes for every use of credits.
const ACCOUNTS_MAX: NonZeroUsize = NonZeroUsize::new(1_000).expect("not zero");

/// An account as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) account: Account,
    pub(crate) uses: Uses,
}

/// Whoever holds it decides about the project; in this process nobody else does meanwhile.
pub(crate) type Slot = Arc<tokio::sync::Mutex<Known>>;

/// The accounts that were used last.
pub(crate) struct Accounts(Mutex<LruCache<ProjectId, Slot>>);

impl Accounts {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(ACCOUNTS_MAX)))
    }

    pub(crate) fn slot(&self, project: ProjectId) -> Slot {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(accounts.get_or_insert(project, Slot::default))
    }

    pub(crate) fn forget(&self, project: ProjectId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(&project);
    }
}

impl Known {
    /// Reads what the log has beyond what is known.
    pub(crate) async fn catch_up(&mut self, journal: &Journal, project: ProjectId) -> Result<(), Error> {
        let subject = Subject::billing(project);
        loop {
            let (events, more) = journal.entity_from(&subject, self.account.sequence + 1).await?;
            for recorded in &events {
                self.apply(recorded.sequence, recorded.time, &BillingEvent::read(recorded)?);
            }
            if !more {
                return Ok(());
            }
        }
    }

    pub(crate) fn apply(&mut self, sequence: u64, time: chrono::DateTime<chrono::Utc>, event: &BillingEvent) {
        if let BillingEvent::CreditsUsed(used) = event {
            self.uses.insert(use_key(&used.usage), used.credits);
        }
        self.account.apply(sequence, time, event);
    }
}
