//! Runs work on large documents (up to ten megabytes) on blocking threads, so that it does not delay other requests, and limits how much of
//! it runs at once.
//!
//! A blocking thread cannot be stopped. If a request is dropped while it waits for one, the work goes on; so the permit belongs to the work
//! and is given back only when the work has ended.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::error::Error;

/// Documents that are worked on at the same time.
const PARALLEL: usize = 4;

#[derive(Clone)]
pub(crate) struct Aside(Arc<Semaphore>);

impl Aside {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(PARALLEL)))
    }

    /// Does it as soon as there is a place.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = Arc::clone(&self.0).acquire_owned().await.expect("nobody closes it");
        let worked = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        worked.await.map_err(Error::Aside)
    }

    /// Reads a document. What is no JSON is null.
    pub(crate) async fn json(&self, bytes: Bytes) -> Result<Value, Error> {
        self.run(move || serde_json::from_slice(&bytes).unwrap_or_default()).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use futures::FutureExt;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn whoever_gives_up_waiting_makes_no_room_before_the_work_has_ended() {
        let aside = Aside::new();
        let mut held: Vec<mpsc::Sender<()>> = Vec::new();
        for _ in 0..PARALLEL {
            let (go, gone) = mpsc::channel();
            held.push(go);
            // Polled once, which begins it, and given up.
            assert!(timeout(Duration::ZERO, aside.run(move || gone.recv().is_err())).await.is_err());
        }
        assert!(aside.run(|| ()).now_or_never().is_none(), "every place is taken");
        drop(held);
        assert_eq!(aside.run(|| 7).await.unwrap(), 7);
    }
}
