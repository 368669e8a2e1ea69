//! Limits mails to addresses that nobody is registered with: only a few may wait, and only so many are sent a minute.
//!
//! Anybody can ask for such a mail. With these limits, somebody who makes up addresses can neither keep registered people from signing in
//! nor make us send mails to the whole world.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Mails to strangers that wait to be sent.
pub(super) const WAITING_MAX: usize = 100;
/// Mails to strangers within [`COUNTED_FOR`], sent or not.
pub(super) const MAILS_MAX: u32 = 120;
/// The time in which they are counted, from the first.
pub(super) const COUNTED_FOR: Duration = Duration::from_secs(60);

pub(super) struct Strangers {
    waiting: Arc<Semaphore>,
    counted: Mutex<Counted>,
}

/// Since when, and how many.
#[derive(Default)]
struct Counted {
    since: Option<Instant>,
    mails: u32,
}

impl Strangers {
    pub(super) fn new() -> Self {
        Self { waiting: Arc::new(Semaphore::new(WAITING_MAX)), counted: Mutex::default() }
    }

    /// Room for one more; none: too many wait, or were asked for.
    pub(super) fn admit(&self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.waiting).try_acquire_owned().ok()?;
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if counted.since.is_none_or(|since| now.duration_since(since) >= COUNTED_FOR) {
            *counted = Counted { since: Some(now), mails: 0 };
        }
        if counted.mails >= MAILS_MAX {
            return None;
        }
        counted.mails += 1;
        Some(permit)
    }
}
