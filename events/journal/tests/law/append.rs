//! Appending: one winner, all or nothing, no effect twice, no neighbour harmed.

use std::collections::HashSet;

use contract::Stream;
use futures::future::join_all;
use journal::{Append, AppendError, Expect};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::task::unconstrained;

use crate::fixture::{Log, contact, event, numbers};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_creators_exactly_one_wins() {
    let log = Log::start().await;
    let outcomes = join_all((0..64).map(|n| {
        let journal = log.journal.clone();
        async move { journal.append(&contact(1), Expect::New, vec![event(n)]).await }
    }))
    .await;
    let stored: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(stored.len(), 1, "{outcomes:?}");
    assert!(!stored[0].duplicate);
    for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert!(matches!(outcome, Err(AppendError::Conflict { expected: 0, actual: 1, .. })), "{outcome:?}");
    }
    assert_eq!(log.all(Stream::Conversation).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn creators_in_several_processes_have_one_winner_too() {
    let log = Log::start().await;
    let others = [log.another().await, log.another().await, log.another().await];
    let outcomes = join_all((0..90).map(|n| {
        let journal = others[n as usize % 3].clone();
        async move { journal.append(&contact(n / 3), Expect::New, vec![event(n), event(1_000 + n)]).await }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 30, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(AppendError::Conflict { .. }))), "{outcomes:?}");
    assert_eq!(log.all(Stream::Conversation).await.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_tells_the_actual_sequence() {
    let log = Log::start().await;
    let first = log.journal.append(&contact(1), Expect::New, vec![event(1), event(2)]).await.unwrap();
    assert_eq!(first.sequence, 2);
    let conflict = log.journal.append(&contact(1), Expect::At(1), vec![event(3)]).await.unwrap_err();
    assert_eq!(conflict, AppendError::Conflict { subject: contact(1).to_string(), expected: 1, actual: 2 });
    let ahead = log.journal.append(&contact(1), Expect::At(7), vec![event(3)]).await.unwrap_err();
    assert_eq!(ahead, AppendError::Conflict { subject: contact(1).to_string(), expected: 7, actual: 2 });
    assert_eq!(log.journal.append(&contact(1), Expect::At(2), vec![event(3)]).await.unwrap().sequence, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_append_of_the_same_events_changes_nothing() {
    let log = Log::start().await;
    for journal in [log.journal.clone(), log.journal.clone(), log.another().await] {
        for (n, expect, events, sequence) in [
            (1, Expect::Any, vec![event(1)], 1),
            (2, Expect::New, vec![event(2)], 2),
            (3, Expect::New, vec![event(3), event(4)], 4),
            (4, Expect::Any, vec![event(5), event(6), event(7)], 7),
        ] {
            let position = journal.append(&contact(n), expect, events).await.unwrap();
            assert_eq!(position.sequence, sequence, "contact {n}");
        }
    }
    // Also when others wrote to the subject since.
    let late = log.another().await;
    log.journal.append(&contact(4), Expect::Any, vec![event(8)]).await.unwrap();
    let again = late.append(&contact(4), Expect::Any, vec![event(5), event(6), event(7)]).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (7, true));
    assert_eq!(numbers(&log.all(Stream::Conversation).await), (1..=8).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_subjects_land_together_or_not_at_all() {
    let log = Log::start().await;
    let append = |n, expect, events| Append { subject: contact(n), expect, events };
    let positions = log
        .journal
        .append_all(vec![append(1, Expect::New, vec![event(1), event(2)]), append(2, Expect::New, vec![event(3)])])
        .await
        .unwrap();
    assert_eq!(positions.iter().map(|position| position.sequence).collect::<Vec<_>>(), [2, 3]);
    let half = log.journal.append_all(vec![append(3, Expect::New, vec![event(4)]), append(1, Expect::At(1), vec![event(5)])]).await;
    assert_eq!(half.unwrap_err(), AppendError::Conflict { subject: contact(1).to_string(), expected: 1, actual: 2 });
    assert_eq!(numbers(&log.all(Stream::Conversation).await), [1, 2, 3]);
    assert!(log.journal.last(&contact(3)).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_wait_together_are_each_answered_for_themselves() {
    let log = Log::start().await;
    for n in 0..10 {
        log.journal.append(&contact(n), Expect::New, vec![event(n)]).await.unwrap();
    }
    // Every tenth append comes too late; the others must not notice, whatever they share a batch with.
    let outcomes =
        join_all(
            (0..500).map(|n| {
                let journal = log.journal.clone();
                async move {
                    (n, journal.append(&contact(if n % 50 == 0 { n / 50 } else { 100 + n }), Expect::New, vec![event(1_000 + n)]).await)
                }
            }),
        )
        .await;
    let mut sequences = HashSet::new();
    for (n, outcome) in outcomes {
        if n % 50 == 0 {
            assert!(matches!(outcome, Err(AppendError::Conflict { .. })), "{n}: {outcome:?}");
        } else {
            let position = outcome.unwrap_or_else(|error| panic!("{n}: {error}"));
            assert!(sequences.insert(position.sequence), "two appends at {}", position.sequence);
            assert_eq!(log.journal.last(&contact(100 + n)).await.unwrap().unwrap().sequence, position.sequence);
        }
    }
    assert_eq!(log.all(Stream::Conversation).await.len(), 500);
}

/// The name of the batch that each event of the stream came in.
async fn batches(log: &Log) -> Vec<Option<String>> {
    let stream = async_nats::jetstream::new(log.nats.client().await).get_stream(Stream::Conversation.name()).await.unwrap();
    let last = log.journal.state(Stream::Conversation).await.unwrap().last;
    let mut batches = Vec::new();
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.unwrap();
        batches.push(message.headers.get("Nats-Batch-Id").map(|name| name.as_str().to_owned()));
    }
    batches
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_append_travels_alone_and_what_waits_together_travels_together() {
    let log = Log::own().await;
    log.journal.append(&contact(1), Expect::New, vec![event(1)]).await.unwrap();
    assert_eq!(batches(&log).await, [None]);
    // The broker stands still until all of them have come: they do in one turn, which nothing cuts short.
    let broker = Pid::from_raw(log.nats.embedded().pid().cast_signed());
    kill(broker, Signal::SIGSTOP).unwrap();
    let many = (0..500).map(|n| {
        let journal = log.journal.clone();
        async move { journal.append(&contact(100 + n), Expect::New, vec![event(100 + n)]).await.unwrap() }
    });
    tokio::join!(unconstrained(join_all(many)), async { kill(broker, Signal::SIGCONT).unwrap() });
    let batches = batches(&log).await;
    let together = batches.iter().flatten().count();
    let trips = batches.iter().flatten().collect::<HashSet<_>>().len();
    // The first few go before anything waits.
    assert!(together > 400 && trips <= 5, "{together} of 500 in {trips} batches");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_fifty_times_at_once_is_stored_once() {
    let log = Log::start().await;
    let others = [log.journal.clone(), log.another().await];
    let outcomes = join_all((0..1_000).map(|n| {
        let journal = others[n as usize % 2].clone();
        async move { (n / 50, journal.append(&contact(1), Expect::Any, vec![event(n / 50)]).await.unwrap()) }
    }))
    .await;
    let stored = log.all(Stream::Conversation).await;
    assert_eq!(stored.len(), 20);
    for (n, position) in outcomes {
        assert_eq!(crate::fixture::number(&stored[position.sequence as usize - 1]), n, "each is told where it is");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_of_one_writer_keep_their_order() {
    let log = Log::start().await;
    let writers = (0..40).map(|writer| {
        let journal = log.journal.clone();
        async move {
            let mut expect = Expect::New;
            for n in 0..20 {
                let position = journal.append(&contact(writer), expect, vec![event(writer * 100 + n)]).await.unwrap();
                expect = Expect::At(position.sequence);
            }
        }
    });
    join_all(writers).await;
    for writer in 0..40 {
        let events = log.journal.entity(&contact(writer)).await.unwrap();
        assert_eq!(numbers(&events), (0..20).map(|n| writer * 100 + n).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_stored_is_refused_at_once() {
    let log = Log::start().await;
    let mut large = event(1);
    large.data = vec![b'1'; 9 * 1024 * 1024].into();
    let refused = log.journal.append(&contact(1), Expect::Any, vec![large]).await.unwrap_err();
    assert!(matches!(refused, AppendError::TooLarge { unit: "bytes", .. }), "{refused}");
    let refused = log.journal.append(&contact(1), Expect::Any, (0..1_001).map(event).collect()).await.unwrap_err();
    assert!(matches!(refused, AppendError::TooLarge { unit: "events", size: 1_001, limit: 1_000 }), "{refused}");
    let refused = log.journal.append(&contact(1), Expect::Any, vec![]).await.unwrap_err();
    assert!(matches!(refused, AppendError::Refused(_)), "{refused}");
    let refused = log.journal.append(&contact(1), Expect::New, vec![event(1), event(1)]).await.unwrap_err();
    assert!(matches!(refused, AppendError::Refused(_)), "an id twice in one append: {refused}");
    assert_eq!(log.journal.append(&contact(1), Expect::New, (0..1_000).map(event).collect()).await.unwrap().sequence, 1_000);
    let mut largest = event(5_000);
    largest.data = vec![b'1'; 7 * 1024 * 1024].into();
    log.journal.append(&contact(2), Expect::New, vec![largest]).await.unwrap();
    assert_eq!(log.all(Stream::Conversation).await.len(), 1_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_begins_like_a_stored_one_is_not_taken_for_it() {
    let log = Log::start().await;
    log.journal.append(&contact(1), Expect::New, vec![event(1), event(2)]).await.unwrap();
    log.journal.append(&contact(2), Expect::New, vec![event(4)]).await.unwrap();
    for journal in [log.journal.clone(), log.another().await] {
        for (n, events, actual) in [(1, vec![event(1), event(2), event(3)], 2), (2, vec![event(4), event(5)], 3)] {
            let outcome = journal.append(&contact(n), Expect::New, events).await;
            assert_eq!(outcome, Err(AppendError::Conflict { subject: contact(n).to_string(), expected: 0, actual }), "contact {n}");
        }
    }
    assert_eq!(numbers(&log.all(Stream::Conversation).await), [1, 2, 4]);
}
