//! The follower or the broker dies at any moment: every event is handled at least once, and the first time in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use journal::Stop;

use crate::fixture::{Log, PATIENCE, within};
use crate::follow::{Running, Seen, fill, follow, key, until};

/// What was seen for the first time, in order: after a crash a follower goes back, but never ahead.
fn first_sights(seen: &Seen) -> BTreeMap<String, Vec<u64>> {
    let seen = seen.by_key.lock().unwrap();
    let mut first = BTreeMap::new();
    for (key, sequences) in seen.iter() {
        let mut last = 0;
        let mut news = Vec::new();
        for sequence in sequences {
            if *sequence > last {
                last = *sequence;
                news.push(last);
            }
        }
        first.insert(key.clone(), news);
    }
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_killed_at_any_point_handles_every_event_in_order() {
    let log = Log::start().await;
    let expected = fill(&log, 6, 1, 6_000).await;
    // Some keys are set aside now and then, so that deaths hit holds, records and catch-ups as well.
    let calls = AtomicUsize::new(0);
    let seen = Seen::stopping(move |handled, event| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        if call.is_multiple_of(997) && handled != key(0) {
            return Some(Stop::SetAside { after: Duration::from_millis(5), cause: "now and then".to_owned() });
        }
        (event.sequence.is_multiple_of(701) && !call.is_multiple_of(3))
            .then(|| Stop::Retry { after: Duration::ZERO, cause: "not yet".to_owned() })
    });
    let mut deaths = 0;
    // It goes back to its position, which is kept once a second: later and later deaths let it come forward.
    for kill_after in [1, 10, 150, 400, 900, 1_700].into_iter().chain((2_000..).step_by(777)) {
        let process = log.another().await;
        let running = Running::start(&process, follow(), &seen);
        let dies_at = seen.count() + kill_after;
        let mut finished = false;
        until(&running.follower, "its death or its end", || {
            finished = first_sights(&seen) == expected;
            finished || seen.count() >= dies_at
        })
        .await;
        if finished {
            running.stop().await;
            break;
        }
        running.task.abort();
        deaths += 1;
        assert!(deaths < 40, "it does not come forward");
    }
    assert!(deaths > 3, "it was hardly ever killed: {deaths}");
    assert_eq!(first_sights(&seen), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_outlives_the_broker_without_loss_or_repeat() {
    let mut log = Log::start().await;
    let mut expected = fill(&log, 5, 1, 3_000).await;
    let seen = Seen::all();
    let running = Running::start(&log.journal, follow(), &seen);
    for round in 1..=3 {
        until(&running.follower, "some progress", || seen.count() >= 700 * round).await;
        log.nats.kill().await;
        log.nats.restart().await.unwrap();
        within(PATIENCE, "the broker", async { while log.journal.healthy().await.is_err() {} }).await;
        for (key, sequences) in fill(&log, 5, 3_000 * round as u64 + 1, 3_000 * round as u64 + 500).await {
            expected.entry(key).or_default().extend(sequences);
        }
    }
    running.caught_up().await;
    running.stop().await;
    assert_eq!(*seen.by_key.lock().unwrap(), expected);
    assert_eq!(Arc::strong_count(&seen), 1, "the follower is gone");
}
