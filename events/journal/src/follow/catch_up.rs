//! Bringing a held key up to date: its events are read from the stream again and handed to the same handler, until the end of the
//! stream or until the handler stops.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::Recorded;
use tokio_util::sync::CancellationToken;

use super::{Follow, Handled, Handler, Stop};
use crate::Error;
use crate::link::Link;
use crate::read::{Range, Replay, Window};

/// The most bytes handed over in one call, the last event excepted.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One key's catching up.
pub(super) struct CatchUp<H> {
    pub(super) link: Arc<Link>,
    pub(super) follow: Arc<Follow>,
    pub(super) filters: Vec<String>,
    pub(super) key: Arc<str>,
    pub(super) from: u64,
    pub(super) skipped: BTreeSet<u64>,
    pub(super) handler: Arc<H>,
    pub(super) shutdown: CancellationToken,
    /// The first sequence not handled yet, for whoever keeps a record of it meanwhile.
    pub(super) reached: Arc<AtomicU64>,
}

/// How it ended.
pub(super) enum Ending {
    /// Everything of the key up to this sequence is done.
    Through(u64),
    /// The handler stopped before this sequence, after this many events.
    Stopped { from: u64, handled: usize, stop: Stop },
    /// It was asked to end.
    ShutDown,
    /// The stream could not be read.
    Failed(Error),
}

impl<H: Handler> CatchUp<H> {
    pub(super) async fn run(self) -> (Arc<str>, Ending) {
        let range = Range { from: self.from, through: None };
        let mut replay = Replay::new(Arc::clone(&self.link), self.follow.stream, range, self.filters.clone(), Window::NARROW);
        let mut handled = 0;
        let ending = loop {
            let batch = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => break Ending::ShutDown,
                batch = self.next_batch(&mut replay) => batch,
            };
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => break Ending::Failed(error),
            };
            let Some(first) = batch.first() else {
                break Ending::Through(replay.through().unwrap_or(0));
            };
            let first = first.sequence;
            let Handled { done, stopped } = super::live::call(&*self.handler, &self.follow, &self.key, &batch).await;
            handled += done;
            if let Some(last) = done.checked_sub(1).and_then(|last| batch.get(last)) {
                self.reached.store(last.sequence + 1, Ordering::Relaxed);
            }
            if let Some(stop) = stopped {
                let from = batch.get(done).map_or(first, |event| event.sequence);
                break Ending::Stopped { from, handled, stop };
            }
        };
        (self.key, ending)
    }

    /// The next event and what came with it; empty at the end.
    async fn next_batch(&self, replay: &mut Replay) -> Result<Vec<Recorded>, Error> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut next = replay.next().await?;
        while let Some(event) = next {
            if !self.skipped.contains(&event.sequence) {
                bytes += event.data.len();
                batch.push(event);
            }
            if batch.len() >= self.follow.batch_max.max(1) || bytes >= BATCH_BYTES_MAX {
                break;
            }
            next = match replay.next_ready() {
                Some(event) => Some(event?),
                None if batch.is_empty() => replay.next().await?,
                None => None,
            };
        }
        Ok(batch)
    }
}
