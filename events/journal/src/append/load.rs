//! How much waits for a stream's committer, and whether the stream takes it. Two things are decided by this: an append is refused when too
//! many, or too many bytes, are waiting, and the stream is reported as in trouble when it has taken nothing for a while.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{AppendError, Position};

/// How many appends may wait per stream before further ones are turned away.
const WAITING_MAX: usize = 8_192;
/// How many bytes may wait per stream.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A stream that takes nothing for so long, while somebody still tries, is in trouble.
const TROUBLE_AFTER: Duration = Duration::from_secs(10);
/// After so long without another attempt nothing is known any more.
const TROUBLE_FORGOTTEN: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Load {
    appends: AtomicUsize,
    bytes: AtomicUsize,
    trouble: Mutex<Option<Trouble>>,
}

/// Appends in a row that were not acknowledged although the connection was not lost. A broker whose disk was full behaves like this: it
/// answers everything else, and stores nothing until it is started again.
#[derive(Clone, Copy)]
struct Trouble {
    since: Instant,
    last: Instant,
    losses: u64,
}

impl Load {
    pub(super) fn enter(&self, size: usize) -> Result<(), AppendError> {
        let appends = self.appends.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(size, Ordering::Relaxed) + size;
        if appends > WAITING_MAX || (bytes > WAITING_BYTES_MAX && appends > 1) {
            self.leave(size);
            return Err(AppendError::Unavailable("overloaded: too many appends wait".to_owned()));
        }
        Ok(())
    }

    pub(super) fn leave(&self, size: usize) {
        self.appends.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(size, Ordering::Relaxed);
    }

    /// An append that came at `since` has ended, on a connection that was lost so often before.
    pub(super) fn ended(&self, since: Instant, losses: u64, outcome: &Result<Vec<Position>, AppendError>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = match outcome {
            Err(AppendError::Unavailable(_)) => {
                let since = trouble.filter(|trouble| trouble.losses == losses).map_or(since, |trouble| trouble.since);
                Some(Trouble { since, last: Instant::now(), losses })
            }
            Ok(_) | Err(AppendError::Conflict { .. } | AppendError::TooLarge { .. } | AppendError::Refused(_)) => None,
        };
    }

    pub(super) fn takes_nothing_for(&self, losses: u64) -> Option<Duration> {
        let trouble = (*self.trouble.lock().unwrap_or_else(PoisonError::into_inner))?;
        let lasts = trouble.losses == losses && trouble.last.elapsed() < TROUBLE_FORGOTTEN;
        Some(trouble.since.elapsed()).filter(|time| lasts && *time >= TROUBLE_AFTER)
    }
}
