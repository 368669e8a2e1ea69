//! The broker goes away in the middle: acknowledged means stored, and a retry is never mistaken for a conflict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use contract::Stream;
use futures::future::join_all;
use journal::{AppendError, Expect};

use crate::broker::Broker;
use crate::fixture::{Log, PATIENCE, contact, event, numbers, within};

#[path = "../../../../services/lib/embedded/tests/cut/mod.rs"]
mod cut;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_appends_survive_kill_minus_nine() {
    println!("{}", killed_among_appends(&mut Log::start().await, Kill::Anywhere).await);
}

/// What the broker had gathered for the batch that it was killed in is gone, so it cannot finish it: what is left of the append that was cut in
/// two is gone after the start, and everything before it in the batch stays.
#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_appends_survive_what_a_power_cut_leaves_of_a_batch() {
    let mut log = Log::own().await;
    println!("{}", killed_among_appends(&mut log, Kill::WithinAnAppend).await);
    let said = std::fs::read_to_string(log.nats.embedded().log_path()).unwrap();
    assert!(said.matches("Failed restoring partial batch").count() as u64 >= KILLS, "each kill cut a batch in two");
}

const KILLS: u64 = 5;
/// What the writers write to.
const STREAM: &str = "conversation";

#[derive(Clone, Copy)]
enum Kill {
    /// Wherever the broker is, often in the middle of a commit.
    Anywhere,
    /// When an append lies half in the stream; what the broker had gathered of its batch is lost with it.
    WithinAnAppend,
}

impl Kill {
    async fn strike(self, nats: &mut Broker, kills: u64) {
        match self {
            Kill::Anywhere => {
                tokio::time::sleep(somewhere(kills)).await;
                nats.kill().await;
            }
            Kill::WithinAnAppend => {
                cut::within_an_append(nats.embedded(), STREAM).await;
                nats.kill().await;
                // A folder, or a link to one in memory.
                let gathered = cut::folder(nats.embedded(), STREAM).join("batches").canonicalize().expect("a batch was gathered");
                std::fs::remove_dir_all(gathered).expect("what was gathered goes");
            }
        }
    }
}

/// How long to wait so as to come into the middle of a commit, not always behind the end of one.
fn somewhere(n: u64) -> Duration {
    Duration::from_micros(n * 1_700 % 9_000)
}

/// Writers that each build one chain of events, every one expecting its predecessor, while nats-server is killed again and again. Gives the tally.
async fn killed_among_appends(log: &mut Log, how: Kill) -> String {
    const WRITERS: u64 = 48;
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    // Appends that were stored although their first acknowledgement was lost.
    let recovered = Arc::new(AtomicUsize::new(0));
    let writers = (0..WRITERS).map(|writer| {
        let (journal, stop) = (log.journal.clone(), Arc::clone(&stop));
        let (acknowledged, recovered) = (Arc::clone(&acknowledged), Arc::clone(&recovered));
        tokio::spawn(async move {
            let (mut expect, mut n) = (Expect::New, 0);
            while !stop.load(Ordering::Relaxed) {
                // Singles, batches and shared batches are all hit, and some take so long that a kill falls into their commit.
                let size = match writer {
                    0 => 150,
                    _ if writer % 3 == 0 => 3,
                    _ => 1,
                };
                let events = (0..size).map(|i| event(writer * 1_000_000 + n + i)).collect::<Vec<_>>();
                let count = events.len() as u64;
                match journal.append(&contact(writer), expect, events).await {
                    Ok(position) => {
                        expect = Expect::At(position.sequence);
                        n += count;
                        recovered.fetch_add(position.duplicate.into(), Ordering::Relaxed);
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(AppendError::Unavailable(_)) => {} // again, with the same ids
                    Err(error) => panic!("writer {writer} at {n}: {error}"),
                }
            }
            n
        })
    });
    let writers: Vec<_> = writers.collect();
    for kills in 1..=KILLS {
        let more = acknowledged.load(Ordering::Relaxed) + 300;
        within(PATIENCE, "300 more appends", async {
            while acknowledged.load(Ordering::Relaxed) < more {
                tokio::task::yield_now().await;
            }
        })
        .await;
        how.strike(&mut log.nats, kills).await;
        log.nats.restart().await.unwrap_or_else(|error| panic!("restart {kills}: {error}"));
    }
    stop.store(true, Ordering::Relaxed);
    let counts = within(PATIENCE, "the writers", join_all(writers)).await;
    let told = format!("{KILLS} kills, {acknowledged:?} appends, {recovered:?} of them recovered");
    for (writer, count) in counts.into_iter().enumerate() {
        let (writer, count) = (writer as u64, count.expect("no writer gave up"));
        let events = log.journal.entity(&contact(writer)).await.unwrap();
        assert_eq!(numbers(&events), (0..count).map(|n| writer * 1_000_000 + n).collect::<Vec<_>>(), "writer {writer}");
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_is_reported_in_time_and_comes_back() {
    let mut log = Log::start().await;
    log.nats.kill().await;
    let start = Instant::now();
    let error = log.journal.append(&contact(1), Expect::New, vec![event(1)]).await.unwrap_err();
    assert!(matches!(error, AppendError::Unavailable(_)), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
    assert!(log.journal.healthy().await.unwrap_err().contains("not connected"));
    log.nats.restart().await.unwrap();
    let position = within(PATIENCE, "the broker's return", async {
        loop {
            if let Ok(position) = log.journal.append(&contact(1), Expect::New, vec![event(1)]).await {
                break position;
            }
        }
    })
    .await;
    assert_eq!(position.sequence, 1);
    within(PATIENCE, "health", async { while log.journal.healthy().await.is_err() {} }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_waiting_appends_are_turned_away_at_once() {
    let mut log = Log::start().await;
    log.nats.kill().await;
    let waiting: Vec<_> = (0..10_000)
        .map(|n| {
            let journal = log.journal.clone();
            tokio::spawn(async move {
                let start = Instant::now();
                (journal.append(&contact(n), Expect::Any, vec![event(n)]).await, start.elapsed())
            })
        })
        .collect();
    let outcomes = within(PATIENCE, "every append's answer", join_all(waiting)).await;
    let at_once = outcomes.iter().flatten().filter(|(outcome, took)| {
        matches!(outcome, Err(AppendError::Unavailable(cause)) if cause.starts_with("overloaded")) && *took < Duration::from_secs(4)
    });
    assert_eq!(at_once.count(), 10_000 - 8_192);
    log.nats.restart().await.unwrap();
    within(PATIENCE, "an append", async { while log.journal.append(&contact(1), Expect::Any, vec![event(20_000)]).await.is_err() {} })
        .await;
    assert!(log.all(Stream::Conversation).await.len() <= 8_193);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_takes_nothing_while_the_broker_answers_is_named() {
    // A broker without the streams is one of those that answer and take nothing.
    let nats = Broker::own().await;
    let journal = crate::fixture::connect(&nats).await;
    journal.healthy().await.unwrap();
    let said = within(PATIENCE, "the news of it", async {
        loop {
            journal.append(&contact(1), Expect::New, vec![event(1)]).await.unwrap_err();
            if let Err(said) = journal.healthy().await {
                break said;
            }
        }
    })
    .await;
    assert!(said.starts_with("stream conversation takes nothing for "), "{said}");
    journal.open(&Stream::ALL).await.unwrap();
    journal.append(&contact(1), Expect::New, vec![event(1)]).await.unwrap();
    journal.healthy().await.unwrap();
}
