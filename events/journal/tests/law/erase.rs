//! What is erased is gone, for readers at once and on request from the disk; everything else stays as it was.

use std::fs;
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;

use contract::{NewEvent, Stream, Subject};
use futures::StreamExt;
use journal::{ConnectOptions, Erasure, Error, Expect, Filter, Journal};

use crate::fixture::{Log, PATIENCE, contact_of, event, numbers, options, within};

/// How often it is looked what is left.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const MARKER: &str = "a-very-particular-text-that-nobody-else-writes";

fn marked(n: u64) -> NewEvent {
    NewEvent { data: format!("{n} {MARKER}").into(), ..event(n) }
}

fn of_project(subject: &Subject, overwrite: bool) -> Erasure {
    let project = subject.token(1).unwrap();
    Erasure { stream: Stream::Conversation, pattern: format!("conversation.{project}.>"), overwrite }
}

/// How many files below `folder` hold the marker.
fn files_with_marker(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let holds = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()));
    entries.map(|path| if path.is_dir() { files_with_marker(&path) } else { usize::from(holds(&path)) }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_erased_and_its_neighbours_keep_every_event_in_order() {
    let log = Log::start().await;
    for n in 0..300 {
        log.journal.append(&contact_of(n % 3, n % 10), Expect::Any, vec![event(n)]).await.unwrap();
    }
    let gone = contact_of(1, 1);
    let neighbours: Vec<u64> = numbers(&log.all(Stream::Conversation).await).into_iter().filter(|n| n % 3 != 1).collect();
    let mut tail = std::pin::pin!(log.journal.tail(Stream::Conversation, 1, Filter::all()));
    within(PATIENCE, "the first event", tail.next()).await.unwrap().unwrap();

    assert_eq!(log.journal.erase(&of_project(&gone, false)).await.unwrap(), 100);
    assert_eq!(numbers(&log.all(Stream::Conversation).await), neighbours);
    assert!(log.journal.subjects(Stream::Conversation, &of_project(&gone, false).pattern).await.unwrap().is_empty());
    assert_eq!(log.journal.erase(&of_project(&gone, false)).await.unwrap(), 0, "a second time there is nothing left");

    // A reader that was on its way passes over the holes, and the subject is as if it had never been.
    log.journal.append(&contact_of(0, 0), Expect::Any, vec![event(1_000)]).await.unwrap();
    let last = async {
        while let Some(read) = tail.next().await {
            if numbers(&[read.unwrap()]) == [1_000] {
                return;
            }
        }
    };
    within(PATIENCE, "the newest event", last).await;
    log.journal.append(&gone, Expect::New, vec![event(1_001)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_lies_all_over_a_long_stream_is_erased_in_parts() {
    let log = Log::start().await;
    let (gone, neighbour) = (contact_of(1, 1), contact_of(2, 2));
    // Parts of ten sequences, each from the first that is left on: something is to be taken out at both ends of each, and beside each seam.
    let parts: [&[u64]; 4] = [&[1, 10], &[11, 20], &[21], &[40, 49]];
    let is_gone = |n: u64| parts.iter().any(|part| part.contains(&n));
    for n in 1..=50 {
        let subject = if is_gone(n) { &gone } else { &neighbour };
        let position = log.journal.append(subject, Expect::Any, vec![event(n)]).await.unwrap();
        assert_eq!(position.sequence, n, "an empty log counts from 1");
    }
    let by_tens = ConnectOptions { purge_sequences: NonZeroU64::new(10).unwrap(), ..options(&log.nats) };
    let (journal, erasure) = (Journal::connect(by_tens).await.unwrap(), of_project(&gone, false));

    // Between two parts it rests for half a second.
    let watched = async {
        let mut seen = vec![7];
        while *seen.last().unwrap() > 0 {
            let left: u64 = log.journal.subjects(Stream::Conversation, &erasure.pattern).await.unwrap().values().sum();
            seen.push(left);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        seen.dedup();
        seen
    };
    let both = async { tokio::join!(journal.erase(&erasure), watched) };
    let (erased, seen) = within(PATIENCE, "the end of the erasure", both).await;
    assert_eq!(erased.unwrap(), 7);
    assert!(seen.len() > 2 && seen.iter().all(|left| [7, 5, 3, 2, 0].contains(left)), "left after each part: {seen:?}");
    let kept: Vec<u64> = (1..=50).filter(|n| !is_gone(*n)).collect();
    assert_eq!(numbers(&log.all(Stream::Conversation).await), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_sequence_stays_when_only_what_was_before_is_to_go() {
    let log = Log::start().await;
    let (gone, neighbour) = (contact_of(1, 1), contact_of(2, 2));
    for (round, overwrite) in [(0, false), (100, true)] {
        let before = log.all(Stream::Conversation).await;
        for n in round..round + 10 {
            log.journal.append(if n % 2 == 0 { &gone } else { &neighbour }, Expect::Any, vec![event(n)]).await.unwrap();
        }
        // The sixth, which is the neighbour's: of the others three were before it, and two come after.
        let through = log.journal.state(Stream::Conversation).await.unwrap().last - 4;
        let erasure = of_project(&gone, overwrite);
        assert_eq!(log.journal.erase_through(&erasure, through).await.unwrap(), 3);
        let left = log.all(Stream::Conversation).await;
        assert_eq!(numbers(&left[before.len()..]), [1, 3, 5, 6, 7, 8, 9].map(|n| round + n));
        assert_eq!(log.journal.erase_through(&erasure, through).await.unwrap(), 0, "a second time there is nothing left before it");
        assert_eq!(log.journal.erase(&erasure).await.unwrap(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_stays_so_when_the_broker_is_killed() {
    let mut log = Log::start().await;
    for n in 0..200 {
        log.journal.append(&contact_of(n % 2, n % 10), Expect::Any, vec![event(n)]).await.unwrap();
    }
    assert_eq!(log.journal.erase(&of_project(&contact_of(1, 1), false)).await.unwrap(), 100);
    log.nats.kill().await;
    log.nats.restart().await.unwrap();
    let healthy = async { while log.journal.healthy().await.is_err() {} };
    within(PATIENCE, "the broker", healthy).await;
    let left: Vec<u64> = (0..200).filter(|n| n % 2 == 0).collect();
    assert_eq!(numbers(&log.all(Stream::Conversation).await), left);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overwritten_is_nowhere_on_the_brokers_disk() {
    let log = Log::own().await;
    for n in 0..30 {
        log.journal.append(&contact_of(n % 2, n), Expect::Any, vec![if n % 2 == 1 { marked(n) } else { event(n) }]).await.unwrap();
    }
    let log_file = log.nats.embedded().log_path();
    let folder = log_file.parent().unwrap();
    assert!(files_with_marker(folder) > 0, "the test looks in the wrong place");
    assert_eq!(log.journal.erase(&of_project(&contact_of(1, 1), true)).await.unwrap(), 15);
    assert_eq!(files_with_marker(folder), 0);
    assert_eq!(log.all(Stream::Conversation).await.len(), 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_fact_of_a_subject_can_be_all_that_is_left() {
    let log = Log::start().await;
    let subject = contact_of(1, 1);
    log.journal.append(&subject, Expect::New, (0..5).map(event).collect()).await.unwrap();
    log.journal.keep_last(&subject).await.unwrap();
    assert_eq!(numbers(&log.all(Stream::Conversation).await), [4]);
    log.journal.overwrite(Stream::Conversation, 1).await.unwrap();
    let whole = Erasure { stream: Stream::Conversation, pattern: "conversation.>".to_owned(), overwrite: false };
    assert!(matches!(log.journal.erase(&whole).await, Err(Error::Refused { .. })));
    assert_eq!(log.all(Stream::Conversation).await.len(), 1);
}
