//! Reading: in order, without gap or repeat, over restarts, and an end that is an end.

use chrono::{DateTime, Utc};
use contract::Stream;
use futures::StreamExt;
use futures::future::join_all;
use journal::{Error, Expect, Filter, Range};

use crate::fixture::{Log, PATIENCE, contact, contact_of, event, number, numbers, within};

async fn fill(log: &Log, from: u64, through: u64) {
    for start in (from..=through).step_by(500) {
        let events = start..=through.min(start + 499);
        join_all(events.map(|n| {
            let journal = log.journal.clone();
            async move { journal.append(&contact_of(n % 3, n % 7), Expect::Any, vec![event(n)]).await.unwrap() }
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_gives_exactly_its_range_and_ends() {
    let log = Log::start().await;
    assert!(log.all(Stream::Conversation).await.is_empty(), "an empty stream has an end too");
    fill(&log, 1, 3_000).await;
    let all = log.all(Stream::Conversation).await;
    assert_eq!(all.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=3_000).collect::<Vec<_>>());
    let range = Range { from: 100, through: Some(200) };
    let part: Vec<_> = log.journal.replay(Stream::Conversation, range, Filter::all()).map(Result::unwrap).collect().await;
    assert_eq!(numbers(&part), numbers(&all[99..200]));
    let beyond = Range { from: 2_999, through: Some(9_000) };
    let part: Vec<_> = log.journal.replay(Stream::Conversation, beyond, Filter::all()).map(Result::unwrap).collect().await;
    assert_eq!(part.len(), 2, "it ends where the stream ends");
    let nothing: Vec<_> = log.journal.replay(Stream::Conversation, Range::from(3_001), Filter::all()).collect().await;
    assert!(nothing.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_replay_gives_every_match_and_nothing_else() {
    let log = Log::start().await;
    fill(&log, 1, 1_000).await;
    let all = log.all(Stream::Conversation).await;
    let project = contact_of(1, 0).token(1).unwrap().to_owned();
    let of_project = log.matching(Stream::Conversation, Filter::subjects([format!("conversation.{project}.>")])).await;
    let expected: Vec<_> = all.iter().filter(|event| event.subject.token(1) == Some(&project)).collect();
    assert_eq!(numbers(&of_project), numbers(expected));
    let two = [contact_of(0, 1), contact_of(2, 3)];
    let of_two = log.matching(Stream::Conversation, Filter::subjects(two.iter().map(|subject| subject.as_str()))).await;
    assert_eq!(numbers(&of_two), numbers(all.iter().filter(|event| two.contains(&event.subject))));
    assert!(log.matching(Stream::Conversation, Filter::subjects(["conversation.nobody.>"])).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_subject_is_read_whole_and_its_last_event_alone() {
    let log = Log::start().await;
    assert_eq!(log.journal.entity(&contact(1)).await.unwrap().len(), 0);
    assert!(log.journal.last(&contact(1)).await.unwrap().is_none());
    for start in [0, 1_000, 2_000] {
        log.journal.append(&contact(1), Expect::Any, (start..start + 1_000).map(event).collect()).await.unwrap();
        log.journal.append(&contact(2), Expect::Any, vec![event(10_000 + start)]).await.unwrap();
    }
    assert_eq!(numbers(&log.journal.entity(&contact(1)).await.unwrap()), (0..3_000).collect::<Vec<_>>());
    let last = log.journal.last(&contact(1)).await.unwrap().unwrap();
    assert_eq!((number(&last), last.sequence, last.subject), (2_999, 3_002, contact(1)));
}

#[expect(clippy::disallowed_methods, reason = "a moment between two appends, as the broker's clock sees it")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_by_a_moment_is_known_also_where_events_are_purged() {
    let log = Log::start().await;
    let mut moments = vec![now()];
    for n in 1..=5 {
        log.journal.append(&contact(n), Expect::Any, vec![event(n)]).await.unwrap();
        moments.push(now());
    }
    let reached = async || {
        let mut reached = Vec::new();
        for moment in &moments {
            reached.push(log.journal.sequence_at(Stream::Conversation, *moment).await.unwrap());
        }
        reached
    };
    assert_eq!(reached().await, [0, 1, 2, 3, 4, 5]);
    for n in [1, 3, 5] {
        log.journal.purge_through(&contact(n), 5).await.unwrap();
    }
    // Where nothing is, one sequence is as good as another.
    let there = |through: &u64| [2, 4].into_iter().filter(|sequence| sequence <= through).count();
    assert_eq!(reached().await.iter().map(there).collect::<Vec<_>>(), [0, 0, 1, 1, 2, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_survives_a_restart_in_its_middle() {
    let mut log = Log::start().await;
    fill(&log, 1, 30_000).await;
    let mut replay = std::pin::pin!(log.journal.replay(Stream::Conversation, Range::ALL, Filter::all()));
    let mut sequences = Vec::new();
    while let Some(event) = within(PATIENCE, "the next event", replay.next()).await {
        sequences.push(event.unwrap().sequence);
        if sequences.len() % 11_000 == 0 {
            log.nats.kill().await;
            log.nats.restart().await.unwrap();
        }
    }
    assert_eq!(sequences, (1..=30_000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_goes_on_over_restarts_without_gap_or_repeat() {
    let mut log = Log::start().await;
    fill(&log, 1, 500).await;
    let mut tail = std::pin::pin!(log.journal.tail(Stream::Conversation, 1, Filter::all()));
    let mut sequences = Vec::new();
    for round in 0_u64..4 {
        let last = 500 * (round + 1);
        while sequences.last() != Some(&last) {
            sequences.push(within(PATIENCE, "the next event", tail.next()).await.unwrap().unwrap().sequence);
        }
        log.nats.kill().await;
        log.nats.restart().await.unwrap();
        within(PATIENCE, "the broker", async { while log.journal.healthy().await.is_err() {} }).await;
        fill(&log, last + 1, last + 500).await;
    }
    assert_eq!(sequences, (1..=2_000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_from_beyond_the_end_says_that_the_stream_is_another() {
    let log = Log::start().await;
    fill(&log, 1, 3).await;
    let mut tail = std::pin::pin!(log.journal.tail(Stream::Conversation, 5, Filter::all()));
    let first = within(PATIENCE, "an answer", tail.next()).await.unwrap();
    assert_eq!(first.unwrap_err(), Error::Ahead { stream: Stream::Conversation, wanted: 5, last: 3 });
    assert!(tail.next().await.is_none());
    let mut tail = std::pin::pin!(log.journal.tail(Stream::Conversation, 4, Filter::all()));
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(100), tail.next()).await;
    assert!(waiting.is_err(), "nothing is there yet");
    fill(&log, 4, 4).await;
    assert_eq!(within(PATIENCE, "the new event", tail.next()).await.unwrap().unwrap().sequence, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_of_a_stream_that_is_shorter_than_before_ends_instead_of_passing_over_what_comes() {
    let mut log = Log::own().await;
    let store = log.nats.embedded().log_path().with_file_name("store");
    let backup = store.with_file_name("backup");
    fill(&log, 1, 3).await;
    log.nats.kill().await;
    assert!(std::process::Command::new("cp").arg("-R").arg(&store).arg(&backup).status().unwrap().success());
    log.nats.restart().await.unwrap();
    within(PATIENCE, "the broker", async { while log.journal.healthy().await.is_err() {} }).await;
    fill(&log, 4, 8).await;
    let mut tail = std::pin::pin!(log.journal.tail(Stream::Conversation, 1, Filter::all()));
    for sequence in 1..=8 {
        assert_eq!(within(PATIENCE, "the next event", tail.next()).await.unwrap().unwrap().sequence, sequence);
    }
    log.nats.kill().await;
    std::fs::remove_dir_all(&store).unwrap();
    // In one step: links are put into a store that is there in part.
    std::fs::rename(&backup, &store).unwrap();
    log.nats.restart().await.unwrap();
    let next = within(PATIENCE, "an answer", tail.next()).await.unwrap();
    assert_eq!(next.unwrap_err(), Error::Ahead { stream: Stream::Conversation, wanted: 9, last: 3 });
}
