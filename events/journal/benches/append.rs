//! How fast the log takes and gives events, with the broker's own limit from the same run beside each figure.
//!
//! `cargo bench -p journal --bench append`. A real nats-server on this machine with `sync_interval: always`, bodies of 1 kB, every
//! event on a subject of its own. Client, broker and disk share the machine: take the figures as ratios.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints and may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use contract::{ContactId, Context, EventId, NewEvent, ProjectId, Stream, Subject};
use embedded::Nats;
use futures::StreamExt;
use futures::future::join_all;
use journal::{ConnectOptions, Expect, Filter, Journal, Range};
use ulid::Ulid;

const RUN: Duration = Duration::from_secs(4);
const REPLAY_EVENTS: u64 = 300_000;

static NEXT: AtomicU64 = AtomicU64::new(1);

#[tokio::main]
async fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return; // `cargo test` runs every bench once; this one has nothing to test
    }
    let nats = Nats::scratch().await.unwrap();
    let client = async_nats::ConnectOptions::new().connect(nats.url()).await.unwrap();
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "bench")).await.unwrap();
    journal.open(&Stream::ALL).await.unwrap();
    let broker = |events| {
        let client = client.clone();
        move || raw(client.clone(), events)
    };
    let log = |events| {
        let journal = journal.clone();
        move || ours(journal.clone(), events)
    };
    println!("{:<44} {:>10} {:>9} {:>9} {:>9}", "", "events/s", "p50 ms", "p99 ms", "max ms");

    measure("broker: single append", 1, 1, broker(1)).await;
    measure("journal: one writer", 1, 1, log(1)).await;
    measure("broker: single append, 64 in flight", 64, 1, broker(1)).await;
    measure("broker: atomic batch of 100, one at a time", 1, 100, broker(100)).await;
    measure("broker: atomic batch of 3, one at a time", 1, 3, broker(3)).await;
    for writers in [8, 64, 256, 1_024] {
        measure(&format!("journal: {writers} writers"), writers, 1, log(1)).await;
    }
    measure("journal: 64 writers, 3 events each", 64, 3, log(3)).await;
    measure("journal: one writer, 3 events each", 1, 3, log(3)).await;
    replay(&nats, &journal).await;
    nats.stop().await;
}

/// `cargo bench … -- <part of a name>` runs only what is named.
fn chosen(name: &str) -> bool {
    let mut wanted = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).peekable();
    wanted.peek().is_none() || wanted.any(|part| name.contains(&part))
}

/// Runs so many writers, each one append after another, and prints one line.
async fn measure<F>(name: &str, writers: usize, events: usize, append: impl Fn() -> F + Clone + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    if !chosen(name) {
        return;
    }
    let start = Instant::now();
    let writers = (0..writers).map(|_| {
        let append = append.clone();
        tokio::spawn(async move {
            let mut took = Vec::new();
            while start.elapsed() < RUN {
                let from = Instant::now();
                append().await;
                took.push(from.elapsed());
            }
            took
        })
    });
    let mut took: Vec<Duration> = join_all(writers.collect::<Vec<_>>()).await.into_iter().flat_map(Result::unwrap).collect();
    let elapsed = start.elapsed();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let rate = (took.len() * events) as f64 / elapsed.as_secs_f64();
    println!("{name:<44} {rate:>10.0} {:>9.2} {:>9.2} {:>9.2}", at(0.5), at(0.99), at(1.0));
}

fn event() -> (Subject, NewEvent) {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let event = NewEvent {
        id: EventId::from_ulid(Ulid::from_parts(1, n.into())),
        event_type: "conversation.message_received.v1",
        source: "/bench",
        time: chrono::DateTime::from_timestamp(1_794_992_403, 0).unwrap(),
        context: Context { traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()), ..Context::default() },
        extensions: vec![("wabaid", "104857392016384".into())],
        content_type: "application/json",
        data: Bytes::from(vec![b'1'; 1_000]),
    };
    let (project, contact) = (Ulid::from_parts(1, (n % 100).into()), Ulid::from_parts(2, n.into()));
    (Subject::conversation(ProjectId::from_ulid(project), ContactId::from_ulid(contact)), event)
}

fn ours(journal: Journal, events: usize) -> impl Future<Output = ()> + Send + 'static {
    let (subject, first) = event();
    let events = std::iter::once(first).chain((1..events).map(|_| event().1)).collect();
    async move {
        journal.append(&subject, Expect::New, events).await.unwrap();
    }
}

/// The same messages, straight through the client library.
async fn raw(client: async_nats::Client, events: usize) {
    let batch = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
    for index in 1..=events {
        let (subject, event) = event();
        let mut headers = async_nats::HeaderMap::new();
        event.headers(|name, value| headers.insert(name, value));
        headers.insert("Nats-Msg-Id", event.id.to_string());
        headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
        if events > 1 {
            headers.insert("Nats-Batch-Id", batch.as_str());
            headers.insert("Nats-Batch-Sequence", index.to_string());
        }
        let subject = subject.as_str().to_owned();
        if index < events {
            client.publish_with_headers(subject, headers, event.data).await.unwrap();
            continue;
        }
        if events > 1 {
            headers.insert("Nats-Batch-Commit", "1");
        }
        let ack = client.request_with_headers(subject, headers, event.data).await.unwrap();
        assert!(!ack.payload.windows(7).any(|part| part == b"\"error\""), "{ack:?}");
    }
}

async fn replay(nats: &Nats, journal: &Journal) {
    if !chosen("replay") {
        return;
    }
    let last = journal.state(Stream::Conversation).await.unwrap().last;
    let journal_again = Arc::new(Journal::connect(ConnectOptions::new(nats.url(), "fill")).await.unwrap());
    let missing = REPLAY_EVENTS.saturating_sub(last);
    futures::stream::iter(0..missing.div_ceil(500)).for_each_concurrent(4, |_| ours((*journal_again).clone(), 500)).await;
    let last = journal.state(Stream::Conversation).await.unwrap().last;
    for (name, filter) in
        [("journal: replay, whole log", Filter::all()), ("journal: replay, one project of 100", Filter::subjects([one_project()]))]
    {
        let start = Instant::now();
        let count = journal.replay(Stream::Conversation, Range::ALL, filter).map(Result::unwrap).count().await;
        let took = start.elapsed().as_secs_f64();
        println!("{name:<44} {:>10.0}   {count} events of {last} in {took:.3} s", count as f64 / took);
    }
    let start = Instant::now();
    let subject = event().0;
    for _ in 0..1_000 {
        journal.last(&subject).await.unwrap();
    }
    println!(
        "{:<44} {:>10.0} {:>9.2}",
        "journal: last event of a subject",
        1_000.0 / start.elapsed().as_secs_f64(),
        start.elapsed().as_secs_f64()
    );
}

fn one_project() -> String {
    format!("conversation.{}.>", ProjectId::from_ulid(Ulid::from_parts(1, 7)))
}
