//! Keys that stop: they hold back their own events only, and come back in order with nothing lost or repeated.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::{HoldKind, Recorded, Stream};
use journal::{Follow, Handled, Handler, HeldKey, Stop};

use crate::fixture::{Log, PATIENCE, event, within};
use crate::follow::{Running, Seen, fill, follow, key, until};

fn merge(into: &mut BTreeMap<String, Vec<u64>>, more: BTreeMap<String, Vec<u64>>) {
    for (key, sequences) in more {
        into.entry(key).or_default().extend(sequences);
    }
}

/// A handler that parks one sequence until it is mended.
fn parks(sequence: u64) -> (Arc<Seen>, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let seen = Seen::stopping(move |_, event| {
        (event.sequence == sequence && !is_mended.load(Ordering::SeqCst)).then(|| Stop::Park { cause: "cannot be read".to_owned() })
    });
    (seen, mended)
}

async fn the_held_key(log: &Log) -> HeldKey {
    within(PATIENCE, "exactly one held key", async {
        loop {
            let mut held = log.journal.parked().await.unwrap();
            if held.len() == 1 {
                break held.remove(0);
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_key_holds_back_its_own_events_only_until_it_is_retried() {
    let log = Log::start().await;
    let mut expected = fill(&log, 4, 1, 400).await;
    let poison = expected[&key(2)][30];
    let (seen, mended) = parks(poison);
    let running = Running::start(&log.journal, follow(), &seen);
    running.caught_up().await;
    merge(&mut expected, fill(&log, 4, 401, 800).await);
    running.caught_up().await;
    assert_eq!(seen.of(&key(2)), expected[&key(2)][..30]);
    for n in [0, 1, 3] {
        assert_eq!(seen.of(&key(n)), expected[&key(n)]);
    }
    let held = the_held_key(&log).await;
    assert_eq!((held.service.as_str(), held.stream, held.key), ("law", Stream::Conversation, key(2)));
    assert_eq!((held.from_sequence, held.kind, held.cause.as_str()), (poison, HoldKind::Parked, "cannot be read"));
    let status = *running.follower.status().borrow();
    assert_eq!((status.held, status.parked, status.position), (1, 1, 800));
    assert_eq!(status.held_since, Some(event(0).time), "since the event that waits");

    // Tried before it is mended: parked again. Then mended.
    log.journal.request_retry("law", Stream::Conversation, &key(2)).await.unwrap();
    within(PATIENCE, "the second park", async { while the_held_key(&log).await.attempts == held.attempts {} }).await;
    mended.store(true, Ordering::SeqCst);
    log.journal.request_retry("law", Stream::Conversation, &key(2)).await.unwrap();
    within(PATIENCE, "the release", async { while !log.journal.parked().await.unwrap().is_empty() {} }).await;
    merge(&mut expected, fill(&log, 4, 801, 900).await);
    running.caught_up().await;
    assert_eq!(running.follower.status().borrow().held_since, None);
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_sees_also_what_came_before_the_event_that_a_key_is_held_at() {
    let log = Log::start().await;
    let expected = fill(&log, 2, 1, 100).await;
    let (seen, mended) = parks(expected[&key(1)][7]);
    let running = Running::start(&log.journal, follow(), &seen);
    let held = the_held_key(&log).await;
    running.stop().await;
    mended.store(true, Ordering::SeqCst);
    let seen = Seen::all();
    let running = Running::start(&log.journal, Follow { version: 2, ..follow() }, &seen);
    running.caught_up().await;
    assert_eq!(seen.of(&key(1)), [0; 0], "parked for somebody to look at, whichever version");
    assert_eq!(running.follower.status().borrow().held_since, Some(held.held_since), "and since when");
    log.journal.request_retry("law", Stream::Conversation, &key(1)).await.unwrap();
    within(PATIENCE, "the release", async { while !log.journal.parked().await.unwrap().is_empty() {} }).await;
    running.stop().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_event_is_passed_over_and_the_rest_follows() {
    let log = Log::start().await;
    let mut expected = fill(&log, 2, 1, 100).await;
    let poison = expected[&key(1)][7];
    let (seen, _) = parks(poison);
    let running = Running::start(&log.journal, follow(), &seen);
    the_held_key(&log).await;
    log.journal.skip("law", Stream::Conversation, &key(1), poison, "a test's reason").await.unwrap();
    within(PATIENCE, "the release", async { while !log.journal.parked().await.unwrap().is_empty() {} }).await;
    running.caught_up().await;
    running.stop().await;
    expected.get_mut(&key(1)).unwrap().remove(7);
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_events_that_are_skipped_at_once_both_are_passed_over() {
    let log = Log::start().await;
    let mut expected = fill(&log, 2, 1, 100).await;
    let poison = [expected[&key(1)][7], expected[&key(1)][8]];
    let seen = Seen::stopping(move |_, event| poison.contains(&event.sequence).then(|| Stop::Park { cause: "cannot be read".to_owned() }));
    let running = Running::start(&log.journal, follow(), &seen);
    let held = the_held_key(&log).await.key;
    let skip = async |sequence| log.journal.skip("law", Stream::Conversation, &held, sequence, "a test's reason").await.unwrap();
    tokio::join!(skip(poison[0]), skip(poison[1]));
    within(PATIENCE, "the release", async { while !log.journal.parked().await.unwrap().is_empty() {} }).await;
    running.caught_up().await;
    running.stop().await;
    expected.get_mut(&key(1)).unwrap().drain(7..9);
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_asked_while_the_follower_was_down_is_done_when_it_is_back() {
    let log = Log::start().await;
    let mut expected = fill(&log, 2, 1, 100).await;
    let (first, second) = (expected[&key(0)][5], expected[&key(1)][7]);
    let stop = move |_: &str, event: &contract::Recorded| {
        [first, second].contains(&event.sequence).then(|| Stop::Park { cause: "cannot be read".to_owned() })
    };
    let seen = Seen::stopping(stop);
    let running = Running::start(&log.journal, follow(), &seen);
    running.caught_up().await;
    running.stop().await;
    assert_eq!(log.journal.parked().await.unwrap().len(), 2);
    merge(&mut expected, fill(&log, 2, 101, 200).await);
    log.journal.skip("law", Stream::Conversation, &key(0), first, "a test's reason").await.unwrap();

    // The other one stays parked over the restart, its later events untouched.
    let seen_later = Seen::stopping(stop);
    let running = Running::start(&log.journal, follow(), &seen_later);
    let held = the_held_key(&log).await;
    running.caught_up().await;
    assert_eq!((held.key, held.from_sequence), (key(1), second));
    running.stop().await;
    let mut both = seen.by_key.lock().unwrap().clone();
    merge(&mut both, seen_later.by_key.lock().unwrap().clone());
    expected.get_mut(&key(0)).unwrap().remove(5);
    expected.get_mut(&key(1)).unwrap().truncate(7);
    assert_eq!(both, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_set_aside_catches_up_in_order_while_more_arrives() {
    let log = Log::start().await;
    let mut expected = fill(&log, 3, 1, 300).await;
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let seen = Seen::stopping(move |handled, _| {
        let stops = handled == key(1) && is_down.load(Ordering::SeqCst);
        stops.then(|| Stop::SetAside { after: Duration::from_millis(20), cause: "its database is down".to_owned() })
    });
    let running = Running::start(&log.journal, follow(), &seen);
    running.caught_up().await;
    merge(&mut expected, fill(&log, 3, 301, 3_000).await);
    running.caught_up().await;
    let held = the_held_key(&log).await;
    assert_eq!((held.kind, held.from_sequence), (HoldKind::SetAside, expected[&key(1)][0]));
    assert!(seen.of(&key(1)).is_empty());
    down.store(false, Ordering::SeqCst);
    // Ends while events keep coming: the handover from catching up to live must neither lose nor repeat one.
    for round in 0..10 {
        merge(&mut expected, fill(&log, 3, 3_001 + round * 300, 3_300 + round * 300).await);
    }
    running.caught_up().await;
    let total = expected[&key(1)].len();
    until(&running.follower, "the key that was set aside", || seen.of(&key(1)).len() >= total).await;
    within(PATIENCE, "the release", async { while !log.journal.parked().await.unwrap().is_empty() {} }).await;
    running.stop().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_released_by_its_own_service() {
    let log = Log::start().await;
    let expected = fill(&log, 2, 1, 100).await;
    let known = Arc::new(AtomicBool::new(false));
    let is_known = Arc::clone(&known);
    let seen = Seen::stopping(move |handled, _| {
        let stops = handled == key(0) && !is_known.load(Ordering::SeqCst);
        stops.then(|| Stop::SetAside { after: Duration::from_secs(3_600), cause: "nobody has this number".to_owned() })
    });
    let running = Running::start(&log.journal, follow(), &seen);
    the_held_key(&log).await;
    running.follower.release(&key(0)); // too early: it is set aside again
    known.store(true, Ordering::SeqCst);
    running.follower.release(&key(0));
    running.follower.release("conversation.nobody");
    within(PATIENCE, "the release", async { while !log.journal.parked().await.unwrap().is_empty() {} }).await;
    running.caught_up().await;
    running.stop().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_never_works_is_parked_after_its_last_attempt() {
    let log = Log::start().await;
    let expected = fill(&log, 2, 1, 20).await;
    let bad = expected[&key(0)][3];
    let seen =
        Seen::stopping(move |_, event| (event.sequence == bad).then(|| Stop::Retry { after: Duration::ZERO, cause: "never".to_owned() }));
    let running = Running::start(&log.journal, Follow { batch_max: 1, ..follow() }, &seen);
    let held = the_held_key(&log).await;
    assert_eq!((held.kind, held.from_sequence, held.attempts), (HoldKind::Parked, bad, 9));
    assert_eq!((seen.of(&key(0)), seen.of(&key(1))), (expected[&key(0)][..3].to_vec(), expected[&key(1)].clone()));
    running.stop().await;
}

/// Does everything that it is handed, or nothing if something poisoned is among it, and does not say what that was. What it has done, in order.
struct Whole {
    poison: [u64; 2],
    done: Mutex<Vec<u64>>,
}

impl Handler for Whole {
    const ALL_OR_NONE: bool = true;

    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        if events.iter().any(|event| self.poison.contains(&event.sequence)) {
            return Handled::stopped(0, Stop::Park { cause: "something cannot be read".to_owned() });
        }
        self.done.lock().unwrap().extend(events.iter().map(|event| event.sequence));
        Handled::all(events)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_all_of_a_call_or_nothing_is_held_at_the_event_that_cannot_be_done() {
    let log = Log::start().await;
    let mut expected = fill(&log, 1, 1, 100).await.remove(&key(0)).unwrap();
    let poison = [expected[30], expected[70]];
    let whole = Arc::new(Whole { poison, done: Mutex::default() });
    let running = Running::start(&log.journal, follow(), &whole);
    // Once with what is live, once with what is read again.
    for sequence in poison {
        within(PATIENCE, "the hold", async { while the_held_key(&log).await.from_sequence != sequence {} }).await;
        log.journal.skip("law", Stream::Conversation, &key(0), sequence, "a test's reason").await.unwrap();
    }
    within(PATIENCE, "the release", async { while !log.journal.parked().await.unwrap().is_empty() {} }).await;
    running.caught_up().await;
    running.stop().await;
    expected.retain(|sequence| !poison.contains(sequence));
    assert_eq!(*whole.done.lock().unwrap(), expected);
}
