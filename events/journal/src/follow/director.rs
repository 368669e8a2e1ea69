//! The one task that owns a running follower's state: it takes what was read, gives it to workers key by key, and decides what
//! becomes of a key whose handler stopped. No locks, and no waiting inside: whatever takes time is a task or a future polled here.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::{HoldKind, ParkedEvent, Subject};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::catch_up::Ending;
use super::follower::{Shared, bad_name};
use super::hint::Hints;
use super::lane::{Hold, Lane, State};
use super::live::Worked;
use super::notes::Notes;
use super::progress::Progress;
use super::source::{self, Bundle};
use super::{Follow, Handler, Status, Unsettled};
use crate::{Error, Filter, Journal};

/// How much all keys together may have in memory before reading pauses.
const MEMORY_EVENTS_MAX: usize = 20_000;
const MEMORY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How often the position is kept, if it moved.
const HINT_EVERY: Duration = Duration::from_secs(1);
/// How long a shutdown waits for running calls, and then for its last records.
const CALLS_END_MAX: Duration = Duration::from_secs(20);
const RECORDS_END_MAX: Duration = Duration::from_secs(3);

/// [`Handler::settle`] of the handler.
pub(super) type Settle = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Unsettled>> + Send + Sync>;
/// The position that was kept, if one was.
type Keeping = BoxFuture<'static, Result<Option<u64>, Unsettled>>;

pub(super) struct Director<H> {
    pub(super) journal: Journal,
    pub(super) follow: Arc<Follow>,
    pub(super) handler: Arc<H>,
    pub(super) shared: Arc<Shared>,
    pub(super) lanes: HashMap<Arc<str>, Lane>,
    pub(super) notes: Notes,
    pub(super) progress: Progress,
    /// Keys with something to do and nobody doing it.
    pub(super) ready: VecDeque<Arc<str>>,
    pub(super) timers: BinaryHeap<Reverse<(Instant, Arc<str>)>>,
    /// Held keys whose turn to catch up will come.
    pub(super) to_catch_up: VecDeque<Arc<str>>,
    pub(super) catch_ups: JoinSet<(Arc<str>, Ending)>,
    pub(super) shutdown: CancellationToken,
    /// A key was held or released.
    pub(super) recount: bool,
    held: (usize, usize, Option<DateTime<Utc>>),
    pub(super) workers: JoinSet<Worked>,
    hints: Arc<Hints>,
    hint_kept: u64,
    settle: Settle,
    keeping: Option<Keeping>,
    pub(super) memory_events: usize,
    pub(super) memory_bytes: usize,
    pub(super) pending: u64,
    live: mpsc::Receiver<Result<Bundle, Error>>,
    requests: mpsc::Receiver<Result<ParkedEvent, Error>>,
}

impl<H: Handler> Director<H> {
    /// Finds where to go on and which keys are held, and starts reading.
    pub(super) async fn start(journal: Journal, follow: Arc<Follow>, handler: Arc<H>, shared: Arc<Shared>) -> Result<Self, Error> {
        let parked = Subject::parked(follow.service, follow.stream).map_err(|error| bad_name(follow.service, &error))?;
        let (hints, position) = Hints::load(&journal, &follow).await?;
        let (fold, through) = journal.fold_parked(Filter::subjects([parked.as_str()])).await?;
        let settle = settle_of(Arc::clone(&handler));
        let link = &journal.link;
        let live = source::live(Arc::clone(link), follow.stream, follow.filters.clone(), position + 1);
        let requests = source::requests(Arc::clone(link), parked.to_string(), through + 1);
        let mut director = Self {
            notes: Notes::new(journal.clone(), Arc::clone(&follow), Arc::clone(&settle), parked, through),
            lanes: HashMap::new(),
            progress: Progress::new(position),
            ready: VecDeque::new(),
            timers: BinaryHeap::new(),
            to_catch_up: VecDeque::new(),
            catch_ups: JoinSet::new(),
            shutdown: CancellationToken::new(),
            recount: false,
            held: (0, 0, None),
            workers: JoinSet::new(),
            hints: Arc::new(hints),
            hint_kept: position,
            settle,
            keeping: None,
            memory_events: 0,
            memory_bytes: 0,
            pending: 0,
            live,
            requests,
            journal,
            follow,
            handler,
            shared,
        };
        for held in fold.0.into_values() {
            director.resume(held, position);
        }
        Ok(director)
    }

    /// Runs until told to end or until something is wrong that waiting does not mend; either way nothing decided is lost.
    pub(super) async fn run(mut self, shutdown: CancellationToken) -> Result<(), Error> {
        let outcome = self.work(shutdown).await;
        self.end_calls().await;
        // What may be gone is seen again, by whoever follows from what the log was told last.
        let kept = if matches!(outcome, Err(Error::Unsettled(_))) { Ok(()) } else { self.keep().await };
        self.publish_status();
        outcome.and(kept)
    }

    async fn work(&mut self, shutdown: CancellationToken) -> Result<(), Error> {
        let mut keep_hint = tokio::time::interval(HINT_EVERY);
        keep_hint.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let shared = Arc::clone(&self.shared);
        let mut begun = false;
        loop {
            self.dispatch();
            if begun {
                self.publish_status();
            }
            let timer = self.timers.peek().map(|Reverse((at, _))| *at);
            let room = self.memory_events < MEMORY_EVENTS_MAX && self.memory_bytes < MEMORY_BYTES_MAX;
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                Some(worked) = self.workers.join_next() => if let Ok(worked) = worked { self.on_worked(worked) },
                Some(ended) = self.catch_ups.join_next() => if let Ok((key, ending)) = ended { self.on_caught_up(&key, ending) },
                noted = self.notes.next() => self.on_noted(noted?),
                () = shared.released.notified() => for key in shared.take_releases() { self.release(&key) },
                Some(request) = self.requests.recv() => self.on_request(request?),
                () = tokio::time::sleep_until(timer.unwrap_or_else(Instant::now)), if timer.is_some() => self.on_timer(),
                kept = kept(&mut self.keeping) => self.on_kept(kept?),
                _ = keep_hint.tick() => self.on_tick(),
                bundle = self.live.recv(), if room => {
                    let Some(bundle) = bundle else { return Err(Error::Unavailable("the reader is gone".to_owned())) };
                    self.on_bundle(bundle?);
                    begun = true;
                }
            }
        }
    }

    fn on_timer(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, _))) = self.timers.peek()
            && *at <= now
        {
            let Some(Reverse((_, key))) = self.timers.pop() else { return };
            let Some(lane) = self.lanes.get_mut(&key) else { continue };
            match &lane.state {
                State::Backoff(at) if *at <= now => {
                    lane.state = State::Idle;
                    self.ready.push_back(key);
                }
                State::Held(_, Some(at)) if *at <= now => self.queue_catch_up(&key),
                State::Backoff(_) | State::Held(..) | State::Idle | State::Running | State::Holding(..) | State::CatchingUp(_) => {}
            }
        }
    }

    fn on_tick(&mut self) {
        self.note_catch_ups();
        let read_through = self.progress.read_through();
        self.lanes.retain(|_, lane| !lane.is_spent(read_through));
        if self.keeping.is_none() {
            self.keeping = Some(self.keep_position());
        }
    }

    /// Settles what is done, and keeps the position if it moved; answers it then.
    fn keep_position(&self) -> Keeping {
        let position = self.progress.position();
        let moved = position > self.hint_kept;
        let (hints, journal, settled) = (Arc::clone(&self.hints), self.journal.clone(), (self.settle)());
        async move {
            settled.await?;
            Ok((moved && hints.save(journal, position).await).then_some(position))
        }
        .boxed()
    }

    fn on_kept(&mut self, position: Option<u64>) {
        self.keeping = None;
        self.hint_kept = position.unwrap_or(self.hint_kept);
    }

    fn publish_status(&mut self) {
        if std::mem::take(&mut self.recount) {
            let holds: Vec<&Hold> = self.lanes.values().filter_map(Lane::hold).collect();
            let parked = holds.iter().filter(|hold| hold.kind == HoldKind::Parked).count();
            self.held = (holds.len(), parked, holds.iter().map(|hold| hold.since).min());
        }
        let (held, parked, held_since) = self.held;
        let lag = self.pending + self.memory_events as u64;
        let status = Status { running: true, position: self.progress.position(), lag, held, parked, held_since };
        if self.shared.status.send_if_modified(|old| std::mem::replace(old, status) != status) {
            let labels = [("service", self.follow.service), ("stream", self.follow.stream.name())];
            metrics::gauge!("journal_follow_lag", &labels).set(lag as f64);
            metrics::gauge!("journal_follow_held", &labels).set(held as f64);
            metrics::gauge!("journal_follow_held_since_seconds", &labels).set(held_since.map_or(0, |since| since.timestamp()) as f64);
        }
    }

    pub(super) fn count(&self, name: &'static str, by: u64) {
        metrics::counter!(name, "service" => self.follow.service, "stream" => self.follow.stream.name()).increment(by);
    }

    /// Lets running calls end.
    async fn end_calls(&mut self) {
        self.shutdown.cancel();
        let deadline = Instant::now() + CALLS_END_MAX;
        while let Ok(Some(worked)) = tokio::time::timeout_at(deadline, self.workers.join_next()).await {
            if let Ok(worked) = worked {
                self.on_worked(worked);
            }
        }
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.catch_ups.join_next()).await {
            if let Ok((key, ending)) = ended {
                self.on_caught_up(&key, ending);
            }
        }
    }

    /// Writes what is decided, and keeps the position.
    async fn keep(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + RECORDS_END_MAX;
        while !self.notes.is_empty()
            && let Ok(noted) = tokio::time::timeout_at(deadline, self.notes.next()).await
        {
            self.on_noted(noted?);
        }
        let _ = tokio::time::timeout_at(deadline, self.keep_position()).await;
        Ok(())
    }
}

fn settle_of<H: Handler>(handler: Arc<H>) -> Settle {
    Arc::new(move || {
        let handler = Arc::clone(&handler);
        async move { handler.settle().await }.boxed()
    })
}

async fn kept(keeping: &mut Option<Keeping>) -> Result<Option<u64>, Unsettled> {
    match keeping {
        Some(keeping) => keeping.await,
        None => std::future::pending().await,
    }
}
