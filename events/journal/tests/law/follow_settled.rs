//! A handler that writes without waiting for a disk: what it lost is seen again, however much of it the follower had called done.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::{Recorded, Stream};
use journal::{Error, Handled, Handler, Stop, Unsettled};

use crate::fixture::{Log, PATIENCE, within};
use crate::follow::{Running, fill, follow, until};

/// A store that forgets what was written since it was last asked to keep it.
#[derive(Default)]
struct Store {
    written: Mutex<BTreeSet<u64>>,
    kept: Mutex<BTreeSet<u64>>,
    /// How much is written when it crashes; 0 for never.
    crashes_at: AtomicUsize,
    crashed: AtomicBool,
    refuses: AtomicBool,
}

impl Store {
    fn write(&self, events: &[Recorded]) {
        let mut written = self.written.lock().unwrap();
        written.extend(events.iter().map(|event| event.sequence));
        let crashes_at = self.crashes_at.load(Ordering::SeqCst);
        if crashes_at > 0 && written.len() >= crashes_at {
            self.crashes_at.store(0, Ordering::SeqCst);
            self.crashed.store(true, Ordering::SeqCst);
            *written = self.kept.lock().unwrap().clone();
        }
    }

    fn written(&self) -> usize {
        self.written.lock().unwrap().len()
    }
}

struct Writer(Arc<Store>);

impl Handler for Writer {
    async fn handle(&self, _: &str, events: &[Recorded]) -> Handled {
        if self.0.refuses.load(Ordering::SeqCst) {
            return Handled::stopped(0, Stop::SetAside { after: Duration::from_millis(10), cause: "down".to_owned() });
        }
        self.0.write(events);
        Handled::all(events)
    }

    async fn settle(&self) -> Result<(), Unsettled> {
        if self.0.crashed.load(Ordering::SeqCst) {
            return Err(Unsettled("it ended".to_owned()));
        }
        let written = self.0.written.lock().unwrap();
        self.0.kept.lock().unwrap().clone_from(&written);
        Ok(())
    }
}

/// Until the follower ends because of what was lost.
async fn unsettled(running: Running) {
    let outcome = within(PATIENCE, "the follower's end", running.task).await.unwrap();
    assert_eq!(outcome, Err(Error::Unsettled("it ended".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_is_lost_is_seen_again() {
    let log = Log::start().await;
    let store = Arc::<Store>::default();
    for round in 0..3 {
        fill(&log, 5, 100 * round + 1, 100 * round + 100).await;
        store.crashes_at.store(100 * (round as usize + 1), Ordering::SeqCst);
        let running = Running::start(&log.journal, follow(), &Arc::new(Writer(Arc::clone(&store))));
        unsettled(running).await;
        store.crashed.store(false, Ordering::SeqCst);
    }
    let running = Running::start(&log.journal, follow(), &Arc::new(Writer(Arc::clone(&store))));
    running.caught_up().await;
    assert_eq!(store.written(), 300);
    running.stop().await;

    // What was kept at the end is not seen again.
    store.written.lock().unwrap().clear();
    let running = Running::start(&log.journal, follow(), &Arc::new(Writer(Arc::clone(&store))));
    running.caught_up().await;
    assert_eq!(store.written(), 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_key_is_not_released_for_what_is_lost() {
    let log = Log::start().await;
    let store = Arc::<Store>::default();
    store.refuses.store(true, Ordering::SeqCst);
    fill(&log, 5, 1, 100).await;
    let running = Running::start(&log.journal, follow(), &Arc::new(Writer(Arc::clone(&store))));
    until(&running.follower, "every key to be held", || running.follower.status().borrow().held == 5).await;
    running.caught_up().await;
    // The position is past all of them now; only the records say that they must be seen again.
    store.crashes_at.store(100, Ordering::SeqCst);
    store.refuses.store(false, Ordering::SeqCst);
    unsettled(running).await;
    store.crashed.store(false, Ordering::SeqCst);

    let running = Running::start(&log.journal, follow(), &Arc::new(Writer(Arc::clone(&store))));
    until(&running.follower, "everything to be written again", || store.written() == 100).await;
    running.stop().await;
    assert!(log.journal.state(Stream::Parked).await.unwrap().messages > 0);
}
