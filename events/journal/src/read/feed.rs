//! Feeding what is folded in memory: a stream is read for as long as the process runs.

use std::time::Duration;

use contract::{Recorded, Stream};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::Filter;
use crate::Journal;

/// How long to wait before reading goes on after an error.
const AGAIN_PAUSE: Duration = Duration::from_millis(500);

impl Journal {
    /// Gives every event from a sequence on to `apply`, in order, as they come, until `stop`. An error is logged, and reading goes on behind
    /// the last event that was applied.
    pub async fn feed(&self, stream: Stream, mut from: u64, filter: Filter, stop: &CancellationToken, mut apply: impl FnMut(&Recorded)) {
        while !stop.is_cancelled() {
            let mut events = std::pin::pin!(self.tail(stream, from, filter.clone()));
            loop {
                let event = tokio::select! {
                    () = stop.cancelled() => return,
                    event = events.next() => event,
                };
                match event {
                    Some(Ok(event)) => {
                        apply(&event);
                        from = event.sequence + 1;
                    }
                    Some(Err(error)) => tracing::error!(%error, stream = stream.name(), "the stream cannot be followed, trying again"),
                    None => break,
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN_PAUSE) => {}
            }
        }
    }
}
