//! Following: every event handled, each key in order, keys side by side, positions kept.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::{Recorded, Stream};
use futures::future::join_all;
use journal::{Error, Expect, Follow, Follower, Handled, Handler, Journal, Stop};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Log, PATIENCE, contact_of, event, within};

/// A follower of everything, keyed by project.
pub(crate) fn follow() -> Follow {
    Follow {
        service: "law",
        stream: Stream::Conversation,
        filters: vec!["conversation.>".to_owned()],
        key_tokens: 2,
        parallel: 4,
        batch_max: 50,
        version: 1,
    }
}

/// Why a handler stops before an event of a key, if it does.
type Stops = dyn Fn(&str, &Recorded) -> Option<Stop> + Send + Sync;

/// What a handler saw, by key, in order; and what makes it stop.
pub(crate) struct Seen {
    pub(crate) by_key: Mutex<BTreeMap<String, Vec<u64>>>,
    stop: Box<Stops>,
}

impl Seen {
    pub(crate) fn all() -> Arc<Self> {
        Self::stopping(|_, _| None)
    }

    /// Stops before an event for which there is a reason.
    pub(crate) fn stopping(stop: impl Fn(&str, &Recorded) -> Option<Stop> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { by_key: Mutex::default(), stop: Box::new(stop) })
    }

    pub(crate) fn of(&self, key: &str) -> Vec<u64> {
        self.by_key.lock().unwrap().get(key).cloned().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.by_key.lock().unwrap().values().map(Vec::len).sum()
    }
}

impl Handler for Seen {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        for (done, event) in events.iter().enumerate() {
            if let Some(stop) = (self.stop)(key, event) {
                return Handled::stopped(done, stop);
            }
            self.by_key.lock().unwrap().entry(key.to_owned()).or_default().push(event.sequence);
            tokio::task::yield_now().await;
        }
        Handled::all(events)
    }
}

/// A follower at work.
pub(crate) struct Running {
    pub(crate) follower: Follower,
    pub(crate) task: JoinHandle<Result<(), Error>>,
    shutdown: CancellationToken,
}

impl Running {
    pub(crate) fn start<H: Handler>(journal: &Journal, follow: Follow, handler: &Arc<H>) -> Self {
        let (follower, shutdown) = (journal.follower(follow), CancellationToken::new());
        let (run, handler, token) = (follower.clone(), Arc::clone(handler), shutdown.clone());
        let task = tokio::spawn(async move { run.run(handler, token).await });
        Self { follower, task, shutdown }
    }

    pub(crate) async fn caught_up(&self) {
        within(PATIENCE, "the follower to catch up", self.follower.caught_up()).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        within(PATIENCE, "the follower's end", self.task).await.unwrap().unwrap();
    }
}

/// Waits until something is so, looking again whenever the follower's status changes or a moment has passed.
pub(crate) async fn until(follower: &Follower, what: &str, mut so: impl FnMut() -> bool) {
    let mut status = follower.status();
    within(PATIENCE, what, async {
        while !so() {
            let _ = tokio::time::timeout(Duration::from_millis(5), status.changed()).await;
        }
    })
    .await;
}

/// Events `from..=through`, spread over projects and their contacts; returns the sequences of each key.
pub(crate) async fn fill(log: &Log, projects: u64, from: u64, through: u64) -> BTreeMap<String, Vec<u64>> {
    let mut by_key: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for start in (from..=through).step_by(500) {
        let events = start..=through.min(start + 499);
        let positions = join_all(events.map(|n| {
            let journal = log.journal.clone();
            async move { (n, journal.append(&contact_of(n % projects, n % 11), Expect::Any, vec![event(n)]).await.unwrap().sequence) }
        }))
        .await;
        for (n, sequence) in positions {
            by_key.entry(key(n % projects)).or_default().push(sequence);
        }
    }
    for sequences in by_key.values_mut() {
        sequences.sort_unstable();
    }
    by_key
}

/// The key of the `n`th project.
pub(crate) fn key(n: u64) -> String {
    let subject = contact_of(n, 0);
    format!("conversation.{}", subject.token(1).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_handled_once_and_each_key_in_order() {
    let log = Log::start().await;
    let mut expected = fill(&log, 20, 1, 2_000).await;
    let seen = Seen::all();
    let running = Running::start(&log.journal, follow(), &seen);
    for (key, sequences) in fill(&log, 20, 2_001, 3_000).await {
        expected.entry(key).or_default().extend(sequences);
    }
    running.caught_up().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
    let status = *running.follower.status().borrow();
    assert_eq!((status.position, status.lag, status.held), (3_000, 0, 0));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_shutdown_nothing_is_seen_twice_and_another_version_sees_all() {
    let log = Log::start().await;
    fill(&log, 5, 1, 500).await;
    let first = Running::start(&log.journal, follow(), &Seen::all());
    first.caught_up().await;
    first.stop().await;
    fill(&log, 5, 501, 600).await;
    let seen = Seen::all();
    let second = Running::start(&log.journal, follow(), &seen);
    second.caught_up().await;
    second.stop().await;
    assert_eq!(seen.count(), 100);
    let seen = Seen::all();
    let third = Running::start(&log.journal, Follow { version: 2, ..follow() }, &seen);
    third.caught_up().await;
    third.stop().await;
    assert_eq!(seen.count(), 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_filtered_for_is_handled() {
    let log = Log::start().await;
    let by_key = fill(&log, 5, 1, 500).await;
    let seen = Seen::all();
    let running =
        Running::start(&log.journal, Follow { filters: vec![format!("{}.>", key(1)), format!("{}.>", key(3))], ..follow() }, &seen);
    running.caught_up().await;
    running.stop().await;
    assert_eq!((seen.of(&key(1)), seen.of(&key(3))), (by_key[&key(1)].clone(), by_key[&key(3)].clone()));
    assert_eq!(seen.count(), 200);
}

/// One key waits inside its handler for another to be handled.
struct Waits {
    other: Notify,
}

impl Handler for Waits {
    async fn handle(&self, handled: &str, events: &[Recorded]) -> Handled {
        if handled == key(0) {
            self.other.notified().await;
        } else {
            self.other.notify_one();
        }
        Handled::all(events)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_handled_side_by_side() {
    let log = Log::start().await;
    fill(&log, 2, 2, 3).await;
    let running = Running::start(&log.journal, follow(), &Arc::new(Waits { other: Notify::new() }));
    running.caught_up().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_passes_is_tried_again_in_order() {
    let log = Log::start().await;
    let expected = fill(&log, 5, 1, 500).await;
    let failures = Mutex::new(BTreeMap::<u64, u32>::new());
    let seen = Seen::stopping(move |_, event| {
        let mut failures = failures.lock().unwrap();
        let failed = failures.entry(event.sequence).or_default();
        *failed += 1;
        (event.sequence % 50 == 0 && *failed <= 3).then(|| Stop::Retry { after: Duration::ZERO, cause: "not yet".to_owned() })
    });
    let running = Running::start(&log.journal, follow(), &seen);
    running.caught_up().await;
    assert!(log.journal.parked().await.unwrap().is_empty());
    running.stop().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_is_called_again() {
    let log = Log::start().await;
    let expected = fill(&log, 2, 1, 100).await;
    let calls = AtomicUsize::new(0);
    let seen = Seen::stopping(move |_, _| {
        assert!(calls.fetch_add(1, Ordering::Relaxed) % 10 != 5, "a bug of the handler's");
        None
    });
    let running = Running::start(&log.journal, Follow { batch_max: 1, ..follow() }, &seen);
    running.caught_up().await;
    running.stop().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_key_leaves_room_for_the_others() {
    let log = Log::start().await;
    let mut expected = fill(&log, 1, 1, 14_000).await;
    expected.extend(fill(&log, 10, 20_001, 20_009).await);
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    struct Slow(Arc<Seen>, Arc<tokio::sync::Semaphore>);
    impl Handler for Slow {
        async fn handle(&self, handled: &str, events: &[Recorded]) -> Handled {
            if handled == key(0) {
                self.1.acquire().await.unwrap().forget();
            }
            self.0.handle(handled, events).await
        }
    }
    let seen = Seen::all();
    let running = Running::start(&log.journal, follow(), &Arc::new(Slow(Arc::clone(&seen), Arc::clone(&gate))));
    until(&running.follower, "the other keys", || (1..10).all(|n| seen.of(&key(n)).len() == 1)).await;
    assert_eq!(seen.of(&key(0)).len(), 0, "the slow key was not slow");
    gate.add_permits(1); // one call ends, and what waits behind it is too much to keep
    until(&running.follower, "the slow key to be set aside", || running.follower.status().borrow().held == 1).await;
    gate.add_permits(100_000);
    until(&running.follower, "the slow key", || seen.of(&key(0)).len() >= 14_000).await;
    running.stop().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}
