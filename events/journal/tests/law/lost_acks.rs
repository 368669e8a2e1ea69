//! The log stored an append and its answer never arrived: the append is recognised, never called a conflict, never stored twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use contract::Stream;
use futures::future::join_all;
use journal::{Append, ConnectOptions, Expect, Journal, Position};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::fixture::{Log, PATIENCE, contact, event, numbers, within};

/// A wire to the broker that can swallow what the broker says, and be cut.
struct Wire {
    port: u16,
    /// Of the connection that is open now; it stays mute to its end.
    mute: Arc<Mutex<Arc<AtomicBool>>>,
    cut: Arc<Notify>,
}

impl Wire {
    async fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self { port: listener.local_addr().unwrap().port(), mute: Arc::default(), cut: Arc::default() };
        let (mute, cut) = (Arc::clone(&wire.mute), Arc::clone(&wire.cut));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(broker) = TcpStream::connect(&*address).await else { continue };
                let (mute, cut) = (Arc::clone(&mute.lock().unwrap()), Arc::clone(&cut));
                tokio::spawn(async move {
                    let ((mut from_client, mut to_client), (mut from_broker, mut to_broker)) = (client.into_split(), broker.into_split());
                    let there = tokio::io::copy(&mut from_client, &mut to_broker);
                    let back = async {
                        let mut bytes = vec![0; 65_536];
                        while let Ok(read @ 1..) = from_broker.read(&mut bytes).await {
                            if !mute.load(Ordering::SeqCst) && to_client.write_all(&bytes[..read]).await.is_err() {
                                break;
                            }
                        }
                    };
                    tokio::select! {
                        _ = there => {}
                        () = back => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        wire
    }

    /// Runs an append whose first answer is lost, once the log has come to `last`.
    async fn lose_the_answer<T>(&self, log: &Log, last: u64, append: impl Future<Output = T>) -> T {
        self.mute.lock().unwrap().store(true, Ordering::SeqCst);
        let losing = async {
            within(PATIENCE, "the append to be stored", async {
                while log.journal.state(Stream::Conversation).await.unwrap().last < last {}
            })
            .await;
            *self.mute.lock().unwrap() = Arc::default();
            self.cut.notify_waiters();
        };
        tokio::join!(within(PATIENCE, "the append", append), losing).0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_answer_was_lost_is_recognised() {
    let log = Log::start().await;
    let wire = Wire::to(log.nats.address()).await;
    let journal = Journal::connect(ConnectOptions::new(format!("nats://127.0.0.1:{}", wire.port), "law")).await.unwrap();
    let stored = |sequence| Ok(Position { stream: Stream::Conversation, sequence, duplicate: true });
    let subject = contact(1);
    let one = journal.append(&subject, Expect::New, vec![event(1)]);
    assert_eq!(wire.lose_the_answer(&log, 1, one).await, stored(1));
    let guarded = journal.append(&subject, Expect::At(1), vec![event(2), event(3), event(4)]);
    assert_eq!(wire.lose_the_answer(&log, 4, guarded).await, stored(4));
    let any = journal.append(&subject, Expect::Any, vec![event(5)]);
    assert_eq!(wire.lose_the_answer(&log, 5, any).await, stored(5));
    let several = journal.append(&subject, Expect::Any, vec![event(6), event(7)]);
    assert_eq!(wire.lose_the_answer(&log, 7, several).await, stored(7));
    let part = |n, expect, events| Append { subject: contact(n), expect, events };
    let two = journal.append_all(vec![part(2, Expect::Any, vec![event(8), event(9)]), part(3, Expect::New, vec![event(10)])]);
    let positions = wire.lose_the_answer(&log, 10, two).await.unwrap();
    assert_eq!(positions.iter().map(|position| (position.sequence, position.duplicate)).collect::<Vec<_>>(), [(9, true), (10, true)]);
    assert_eq!(numbers(&log.all(Stream::Conversation).await), (1..=10).collect::<Vec<_>>());
}

// On one thread, so that all of them wait before the first one is sent and share one batch.
#[tokio::test]
async fn a_shared_batch_whose_answer_was_lost_is_recognised_append_by_append() {
    let log = Log::start().await;
    let wire = Wire::to(log.nats.address()).await;
    let journal = Journal::connect(ConnectOptions::new(format!("nats://127.0.0.1:{}", wire.port), "law")).await.unwrap();
    // Some guarded, some not, some of several events.
    let appends = join_all((0..200_u64).map(|n| {
        let journal = journal.clone();
        async move {
            let expect = if n % 3 == 0 { Expect::Any } else { Expect::New };
            let events = if n % 5 == 0 { vec![event(n), event(1_000 + n)] } else { vec![event(n)] };
            (n, journal.append(&contact(n), expect, events).await)
        }
    }));
    let outcomes = wire.lose_the_answer(&log, 240, appends).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.as_ref().is_ok_and(|position| position.duplicate)), "{outcomes:?}");
    for (n, outcome) in outcomes {
        let position = outcome.unwrap_or_else(|error| panic!("{n}: {error}"));
        let events = log.journal.entity(&contact(n)).await.unwrap();
        let expected = if n % 5 == 0 { vec![n, 1_000 + n] } else { vec![n] };
        assert_eq!((numbers(&events), events.last().unwrap().sequence), (expected, position.sequence), "append {n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_conflict_stays_one_when_answers_are_lost() {
    let log = Log::start().await;
    let wire = Wire::to(log.nats.address()).await;
    let journal = Journal::connect(ConnectOptions::new(format!("nats://127.0.0.1:{}", wire.port), "law")).await.unwrap();
    log.journal.append(&contact(1), Expect::New, vec![event(1)]).await.unwrap();
    let late = async {
        let (taken, free) = (contact(1), contact(2));
        let other = log.journal.append(&free, Expect::New, vec![event(3)]);
        let (late, other) = tokio::join!(journal.append(&taken, Expect::New, vec![event(2)]), other);
        other.unwrap();
        late
    };
    let error = wire.lose_the_answer(&log, 2, late).await.unwrap_err();
    assert!(matches!(error, journal::AppendError::Conflict { expected: 0, actual: 1, .. }), "{error}");
}
