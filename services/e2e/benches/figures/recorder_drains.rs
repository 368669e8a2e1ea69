//! How fast a backlog becomes rows: 200,000 webhooks of 20,000 people who write to 100 projects wait in the log, then the recorder starts.
//! Both halves run: webhooks into conversation events, conversation events into tables.

use std::time::Duration;

use contract::Stream;
use e2e::bed::{self, Projects};
use e2e::cpu::{Meter, SELF};
use e2e::report::{self, Figure, Goal, Unit};
use e2e::upsert::Copy;
use e2e::webhooks::Webhooks;
use embedded::{Nats, Postgres};
use futures::{StreamExt, TryStreamExt};
use journal::{Filter, Journal, Range};
use recorder::Followers;
use sqlx::ConnectOptions;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const PROJECTS: usize = 100;
const MESSAGES: usize = 200_000;
const CONTACTS: i64 = 20_000;
/// Projects into which rows are written at the same time, when the limit is measured; as many as the recorder has.
const WRITERS: usize = 16;
/// A backlog that is not drained by then never will be.
const DRAIN_MAX: Duration = Duration::from_secs(300);

pub(crate) async fn run() {
    let (nats, journal) = bed::log().await;
    let postgres = Postgres::scratch().await.expect("postgres starts");
    let projects = Projects::make(&journal, &postgres, PROJECTS).await;
    Webhooks { name: "backlog", numbers: &projects.numbers, count: MESSAGES }.store(&journal).await;

    report::title("A backlog becomes rows: 200,000 messages, 20,000 contacts, 100 projects");
    let read = read(&journal, Stream::Webhook).await;
    let (to_log, to_rows) = drain(&journal, &projects, &nats, &postgres).await;
    let (messages, contacts) = count(&projects).await;
    assert_eq!((messages, contacts), (MESSAGES as i64, CONTACTS), "messages and contacts in the tables");
    let written = write_again(&projects).await;
    let rate = |took: Duration| MESSAGES as f64 / took.as_secs_f64();
    Figure::new("messages to rows", rate(to_rows), Unit::PerSecond)
        .goal(Goal::AtLeast(10_000.0))
        .beside("Postgres, the same rows at once", written)
        .print();
    Figure::new("the same", rate(to_rows), Unit::PerSecond).beside("raw read of the stream", read).print();
    Figure::new("messages to conversation events", rate(to_log), Unit::PerSecond).print();
    let events = journal.state(Stream::Conversation).await.expect("the log answers").messages;
    let batch = bed::mean("journal_append_batch_events", Stream::Conversation).unwrap_or(1.0);
    let wait = bed::mean("journal_append_seconds", Stream::Conversation).unwrap_or(0.0) * 1e3;
    report::note(format!("{events} conversation events, {batch:.0} of an atomic batch, an append waits {wait:.1} ms"));

    drop(projects);
    nats.stop().await;
    postgres.stop().await;
}

/// Events a second that the broker gives when nothing is done with them.
async fn read(journal: &Journal, stream: Stream) -> f64 {
    let start = Instant::now();
    let count = journal.replay(stream, Range::ALL, Filter::all()).map(|event| event.expect("an event")).count().await;
    count as f64 / start.elapsed().as_secs_f64()
}

/// Runs the recorder until nothing is left. Answers when the webhooks were through, and when their rows were there.
async fn drain(journal: &Journal, projects: &Projects, nats: &Nats, postgres: &Postgres) -> (Duration, Duration) {
    let followers = Followers::new(journal);
    let shutdown = CancellationToken::new();
    let meter = Meter::start([(SELF, std::process::id()), ("broker", nats.pid()), ("Postgres", postgres.pid())]);
    let start = Instant::now();
    let running = tokio::spawn(recorder::run(journal.clone(), projects.databases.clone(), followers.clone(), shutdown.clone()));
    let caught_up = async {
        followers.webhooks.caught_up().await.expect("the log answers");
        let to_log = start.elapsed();
        followers.tables.caught_up().await.expect("the log answers");
        (to_log, start.elapsed())
    };
    let took = tokio::time::timeout(DRAIN_MAX, caught_up).await.unwrap_or_else(|_| {
        panic!("not drained: webhooks {:?}, tables {:?}", *followers.webhooks.status().borrow(), *followers.tables.status().borrow())
    });
    report::note(meter.line(None));
    shutdown.cancel();
    running.await.expect("no panic").expect("the recorder ends well");
    took
}

async fn count(projects: &Projects) -> (i64, i64) {
    let (mut messages, mut contacts) = (0, 0);
    for id in &projects.ids {
        let query = "SELECT (SELECT count(*) FROM public.messages), (SELECT count(*) FROM public.contacts)";
        let (some, people): (i64, i64) = sqlx::query_as(query).fetch_one(&projects.databases.pool(*id)).await.expect("counts");
        messages += some;
        contacts += people;
    }
    (messages, contacts)
}

/// Messages a second when Postgres gets the same rows without anybody asking what they mean.
async fn write_again(projects: &Projects) -> f64 {
    let prepare = |id| async move { Copy::prepare(projects.databases.options(id).connect().await?).await };
    let copies: Vec<Copy> =
        futures::stream::iter(projects.ids.clone()).map(prepare).buffer_unordered(WRITERS).try_collect().await.expect("rows are read");
    let start = Instant::now();
    let written: Vec<u64> =
        futures::stream::iter(copies).map(Copy::write).buffer_unordered(WRITERS).try_collect().await.expect("rows are written");
    written.iter().sum::<u64>() as f64 / start.elapsed().as_secs_f64()
}
