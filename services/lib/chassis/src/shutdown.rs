//! How the process stops: softly first (take nothing new, finish what is begun), then hard.
//!
//! SIGINT or SIGTERM begins the soft stop; after [`DRAIN_LIMIT`], or with a second signal at once, it turns hard: what
//! still runs is dropped. Correctness never depends on a soft stop; the log makes kill -9 safe.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long the soft stop may take.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// How long the hard stop may take before [`Shutdown::guard`] gives up on it.
pub const HARD_LIMIT: Duration = Duration::from_secs(2);

/// The process was told to stop and had to be cut off.
#[derive(Debug, thiserror::Error)]
#[error("work did not end within {} s of the hard stop and was dropped", HARD_LIMIT.as_secs())]
pub struct Forced;

/// The process was told to stop before it had begun its work.
#[derive(Debug, thiserror::Error)]
#[error("told to stop while it started")]
pub struct Stopped;

/// The one stop of a process. Cheap to clone; clones are the same stop.
#[derive(Clone, Debug)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    drain_limit: Duration,
}

impl Default for Shutdown {
    fn default() -> Shutdown {
        Shutdown::new()
    }
}

impl Shutdown {
    /// A stop that no signal triggers yet, with [`DRAIN_LIMIT`].
    #[must_use]
    pub fn new() -> Shutdown {
        Shutdown::with_drain_limit(DRAIN_LIMIT)
    }

    /// A stop with another limit for its soft part.
    #[must_use]
    pub fn with_drain_limit(drain_limit: Duration) -> Shutdown {
        Shutdown { soft: CancellationToken::new(), hard: CancellationToken::new(), drain_limit }
    }

    /// Listens for SIGINT and SIGTERM from now on: the first begins the soft stop, the second the hard one.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub fn on_signals(&self) -> std::io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            for stop in [Shutdown::begin, Shutdown::abort] {
                let name = tokio::select! {
                    _ = interrupt.recv() => "SIGINT",
                    _ = terminate.recv() => "SIGTERM",
                };
                tracing::info!(signal = name, "told to stop");
                stop(&shutdown);
            }
        });
        Ok(())
    }

    /// Takes a step of what comes before a process' work, as connecting does. A stop ends it where it stands: nothing is begun that would have to be
    /// finished.
    ///
    /// # Errors
    /// [`Stopped`] if the soft stop begins first.
    pub async fn starting<T>(&self, step: impl Future<Output = T>) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            () = self.soft.cancelled() => Err(Stopped),
            done = step => Ok(done),
        }
    }

    /// Begins the soft stop.
    pub fn begin(&self) {
        self.soft.cancel();
    }

    /// Stops hard, now.
    pub fn abort(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Cancelled when the soft stop begins: hand it to services. Cancelling it stops only its holder.
    pub fn soft(&self) -> CancellationToken {
        self.soft.child_token()
    }

    /// Cancelled when what still runs must end at once.
    pub fn hard(&self) -> CancellationToken {
        self.hard.child_token()
    }

    /// How long the soft stop may take.
    pub fn drain_limit(&self) -> Duration {
        self.drain_limit
    }

    /// Runs the whole of a process' work under this stop: enforces the limits, soft to hard and hard to dropped.
    ///
    /// # Errors
    /// [`Forced`] if `work` did not end within [`HARD_LIMIT`] of the hard stop.
    pub async fn guard<T>(&self, work: impl Future<Output = T>) -> Result<T, Forced> {
        tokio::select! {
            done = work => Ok(done),
            () = self.escalate() => Err(Forced),
        }
    }

    async fn escalate(&self) {
        self.soft.cancelled().await;
        if timeout(self.drain_limit, self.hard.cancelled()).await.is_err() {
            tracing::warn!(limit_s = self.drain_limit.as_secs_f64(), "work has not ended in time, stopping hard");
            self.abort();
        }
        tokio::time::sleep(HARD_LIMIT).await;
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_that_drains_ends_softly() {
        let shutdown = Shutdown::new();
        let soft = shutdown.soft();
        shutdown.begin();
        let work = async {
            soft.cancelled().await;
            "drained"
        };
        assert_eq!(shutdown.guard(work).await.expect("in time"), "drained");
        assert!(!shutdown.hard().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_does_not_drain_is_stopped_hard_after_the_limit() {
        let shutdown = Shutdown::new();
        let hard = shutdown.hard();
        let began = tokio::time::Instant::now();
        shutdown.begin();
        shutdown.guard(hard.cancelled()).await.expect("ends with the hard stop");
        assert_eq!(began.elapsed(), DRAIN_LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_ignores_the_hard_stop_is_dropped() {
        let shutdown = Shutdown::new();
        let began = tokio::time::Instant::now();
        shutdown.abort();
        assert!(shutdown.guard(pending::<()>()).await.is_err());
        assert_eq!(began.elapsed(), HARD_LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_told_to_stop_while_it_starts_stops_at_once() {
        let shutdown = Shutdown::new();
        assert_eq!(shutdown.starting(async { "connected" }).await.expect("nobody says stop"), "connected");
        let began = tokio::time::Instant::now();
        let told = async { shutdown.begin() };
        let (step, ()) = tokio::join!(shutdown.starting(pending::<()>()), told);
        assert!(step.is_err() && began.elapsed().is_zero());
        assert!(shutdown.starting(async {}).await.is_err(), "the next step is not begun");
    }

    #[test]
    fn a_service_that_cancels_its_own_token_stops_nobody_else() {
        let shutdown = Shutdown::new();
        shutdown.soft().cancel();
        assert!(!shutdown.soft().is_cancelled());
    }
}
