//! Keeps the fold up to date with the log, and knows how old it may be when something is decided on it.
//!
//! Events arrive by themselves. *Confirmed* means more: the log was asked for its last sequences, and the fold had reached them. A busy
//! process confirms its fold in the background every two seconds, and nothing is decided on a fold that was last confirmed more than ten
//! seconds ago. There is no timer: an idle process asks the log when the next caller comes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use chassis::Denied;
use contract::Stream;
use futures::StreamExt;
use futures::future::{try_join, try_join_all};
use journal::{Filter, Journal, Range};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::fold::Fold;

/// The streams that are folded.
pub const STREAMS: [Stream; 2] = [Stream::Workspace, Stream::Project];
/// After this time somebody who comes has the log asked, in the background.
const CONFIRM_AFTER: Duration = Duration::from_secs(2);
/// Older knowledge is not decided on: a key that was revoked works no longer than this, whatever breaks.
pub const STALE_AFTER: Duration = Duration::from_secs(10);
/// How long a request waits for the log's answer and for the fold to be there.
pub const CONFIRM_MAX: Duration = Duration::from_secs(2);

/// The subjects of a stream that matter; the last uses of keys and the claims of numbers do not.
fn subjects(stream: Stream) -> &'static [&'static str] {
    if stream == Stream::Workspace { &["workspace.*", "workspace.user.*"] } else { &["project.*"] }
}

/// Cheap to share by `Arc`.
pub(crate) struct Knowledge {
    journal: Journal,
    fold: RwLock<Fold>,
    /// Sequences of [`STREAMS`].
    reached: watch::Sender<[u64; 2]>,
    /// When the log was asked, of the last time that the fold was found complete. None: never.
    confirmed: Mutex<Option<Instant>>,
    /// One asks at a time; who waits for it uses its answer.
    asking: tokio::sync::Mutex<()>,
    asked_behind: AtomicBool,
    /// Whether the last question was not answered: said once, not for every request of an outage.
    unanswered: AtomicBool,
}

impl Knowledge {
    pub(crate) fn new(journal: Journal) -> Self {
        Self {
            journal,
            fold: RwLock::default(),
            reached: watch::Sender::default(),
            confirmed: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            asked_behind: AtomicBool::new(false),
            unanswered: AtomicBool::new(false),
        }
    }

    pub(crate) fn fold(&self) -> RwLockReadGuard<'_, Fold> {
        self.fold.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads everything that the streams hold now.
    pub(crate) async fn catch_up(&self) -> Result<(), journal::Error> {
        self.journal.open(&STREAMS).await?;
        let began = Instant::now();
        for stream in STREAMS {
            let from = self.fold().sequence(stream) + 1;
            let filter = Filter::subjects(subjects(stream).iter().copied());
            let mut events = std::pin::pin!(self.journal.replay(stream, Range::from(from), filter));
            while let Some(event) = events.next().await {
                self.apply(&event?);
            }
        }
        self.confirm_at(began);
        Ok(())
    }

    /// Follows one stream until `stop`.
    pub(crate) async fn follow(&self, stream: Stream, stop: &CancellationToken) {
        let from = self.fold().sequence(stream) + 1;
        let filter = Filter::subjects(subjects(stream).iter().copied());
        self.journal.feed(stream, from, filter, stop, |event| self.apply(event)).await;
    }

    fn apply(&self, event: &contract::Recorded) {
        let mut fold = self.fold.write().unwrap_or_else(PoisonError::into_inner);
        fold.apply(event);
        let reached = STREAMS.map(|stream| fold.sequence(stream));
        drop(fold);
        self.reached.send_replace(reached);
    }

    /// Whether the fold may be decided on. Has the log asked when that is some time ago.
    pub(crate) fn fresh(self: &Arc<Self>) -> Result<(), Denied> {
        let age = self.age();
        if age.is_none_or(|age| age > CONFIRM_AFTER) && !self.asked_behind.swap(true, Ordering::AcqRel) {
            let knowledge = Arc::clone(self);
            tokio::spawn(async move {
                // Whoever needs to know asks again, and is told.
                let _ = knowledge.confirm().await;
                knowledge.asked_behind.store(false, Ordering::Release);
            });
        }
        if age.is_some_and(|age| age <= STALE_AFTER) { Ok(()) } else { Err(Denied::Stale) }
    }

    /// Waits until the fold holds everything that the log held when this was called. Callers share answers: however many are waiting, the
    /// log is asked once at a time, and the answer to a later question serves an earlier caller as well.
    pub(crate) async fn confirm(&self) -> Result<(), Denied> {
        let called = Instant::now();
        let confirm = async {
            let _turn = self.asking.lock().await;
            if self.confirmed_at().is_some_and(|at| at >= called) {
                return Ok(());
            }
            let began = Instant::now();
            self.reach_end().await?;
            self.confirm_at(began);
            Ok::<_, journal::Error>(())
        };
        let answered = match timeout(CONFIRM_MAX, confirm).await {
            Ok(answered) => answered.map_err(|error| error.to_string()),
            Err(_) => Err(format!("the log was not asked and reached in {CONFIRM_MAX:?}")),
        };
        let was_unanswered = self.unanswered.swap(answered.is_err(), Ordering::AcqRel);
        match &answered {
            Err(error) if !was_unanswered => tracing::warn!(error, "keys and members cannot be confirmed"),
            Ok(()) if was_unanswered => tracing::info!("keys and members are confirmed again"),
            Ok(()) | Err(_) => {}
        }
        answered.map_err(|_| Denied::Stale)
    }

    async fn reach_end(&self) -> Result<(), journal::Error> {
        let [workspace, project] = STREAMS.map(|stream| self.last_sequence(stream));
        let (workspace, project) = try_join(workspace, project).await?;
        let mut reached = self.reached.subscribe();
        // The sender lives as long as this does; the time is bounded by the caller.
        let _ = reached.wait_for(|[w, p]| *w >= workspace && *p >= project).await;
        Ok(())
    }

    async fn last_sequence(&self, stream: Stream) -> Result<u64, journal::Error> {
        let asked = subjects(stream).iter().map(|subject| self.journal.last_sequence(stream, subject));
        Ok(try_join_all(asked).await?.into_iter().max().unwrap_or(0))
    }

    fn age(&self) -> Option<Duration> {
        self.confirmed_at().map(|at| at.elapsed())
    }

    fn confirmed_at(&self) -> Option<Instant> {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn confirm_at(&self, began: Instant) {
        let mut confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        *confirmed = (*confirmed).max(Some(began));
    }
}
