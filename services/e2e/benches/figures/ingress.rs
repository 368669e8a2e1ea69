//! How many webhooks are acknowledged, and how fast one is: ingress alone on a log of its own, with the frame, the spans and the
//! metrics that it has in production. Every `200` stands for an event on storage that survives a power cut.

use std::sync::Arc;

use contract::{NewEvent, Stream, Subject};
use e2e::bed;
use e2e::bed::{APP_SECRET, Served};
use e2e::cpu::{Meter, SELF};
use e2e::load::{self, Outcome, Pace};
use e2e::report::{self, Figure, Goal, Unit};
use e2e::webhooks::Webhooks;
use hdrhistogram::Histogram;
use journal::{Expect, Journal};
use tokio::time::Instant;

const NUMBER: &str = "207358419203847";
const CONNECTIONS: usize = 64;
const WARM_UP: usize = 10_000;
const WEBHOOKS: usize = 100_000;
const ONE_BY_ONE: usize = 5_000;
const BATCH: usize = 100;
const BATCHES: usize = 500;

pub(crate) async fn run() {
    let (nats, journal) = bed::log().await;
    let kept = Served::ingress(journal.clone()).await;
    let unkept = Served::ingress_without_log().await;

    report::title("Webhooks acknowledged: 64 connections, about 1 kB each, signature checked");
    let limit = measure("without", &unkept, CONNECTIONS, WEBHOOKS, &nats).await;
    let batches = batches(&journal).await;
    let before = journal.state(Stream::Webhook).await.expect("the log answers").messages;
    let many = measure("many", &kept, CONNECTIONS, WEBHOOKS, &nats).await;
    let stored = journal.state(Stream::Webhook).await.expect("the log answers").messages - before;
    assert_eq!(stored as usize, WARM_UP + WEBHOOKS, "what was acknowledged is in the log");
    let rate = Figure::new("webhooks acknowledged", many.per_second(), Unit::PerSecond).goal(Goal::AtLeast(10_000.0));
    rate.beside("the append taken out", limit.per_second()).ratio(Goal::AtLeast(0.6)).print();
    Figure::new("the same", many.per_second(), Unit::PerSecond).beside("raw atomic batches of 100", batches).print();
    Figure::percentile("webhooks acknowledged", &many.latencies, 50.0).print();
    let p99 = Figure::percentile("webhooks acknowledged", &many.latencies, 99.0).goal(Goal::AtMost(25.0));
    p99.beside("the append taken out", report::ms(&limit.latencies, 99.0)).print();

    if let Some(batch) = bed::mean("journal_append_batch_events", Stream::Webhook) {
        report::note(format!("{batch:.0} events of an atomic batch on average, those of the warm-up and the raw ones included"));
    }

    report::title("One webhook at a time");
    let raw = singles(&journal).await;
    let without = measure("alone", &unkept, 1, ONE_BY_ONE, &nats).await;
    let one = measure("one", &kept, 1, ONE_BY_ONE, &nats).await;
    let p50 = Figure::percentile("one webhook at a time", &one.latencies, 50.0).goal(Goal::AtMost(1.0));
    p50.beside("raw single append", report::ms(&raw, 50.0)).print();
    Figure::percentile("one webhook at a time", &one.latencies, 99.0).beside("raw single append", report::ms(&raw, 99.0)).print();
    Figure::percentile("the append taken out", &without.latencies, 50.0).print();

    kept.stop().await;
    unkept.stop().await;
    nats.stop().await;
}

/// Warms up, measures, and says who used the processors.
async fn measure(name: &str, to: &Served, connections: usize, count: usize, nats: &embedded::Nats) -> Outcome {
    let numbers = [NUMBER.to_owned()];
    let warm_up = format!("{name}Warm");
    for (name, count) in [(&*warm_up, WARM_UP.min(count)), (name, count)] {
        let requests = Arc::new(Webhooks { name, numbers: &numbers, count }.requests(to.address, APP_SECRET));
        let meter = Meter::start([(SELF, std::process::id()), ("broker", nats.pid())]);
        let outcome = load::run(to.address, connections, requests, Pace::Closed, Instant::now()).await;
        assert_eq!(outcome.refused, 0, "every webhook of {name} is acknowledged");
        if *name != *warm_up {
            report::note(format!("{name}: {} webhooks in {:.1} s; {}", count, outcome.took.as_secs_f64(), meter.line(outcome.cpu)));
            return outcome;
        }
    }
    unreachable!("the second load is the one that counts")
}

fn events(name: &str, count: usize) -> (Subject, Vec<NewEvent>) {
    let numbers = [NUMBER.to_owned()];
    let webhooks = Webhooks { name, numbers: &numbers, count };
    (webhooks.event(0).0, (0..count).map(|index| webhooks.event(index).1).collect())
}

/// Events a second when a hundred of them go as one atomic batch, one batch after another.
async fn batches(journal: &Journal) -> f64 {
    let (subject, all) = events("batch", BATCHES * BATCH);
    let batches: Vec<Vec<NewEvent>> = all.chunks(BATCH).map(<[NewEvent]>::to_vec).collect();
    let start = Instant::now();
    for batch in batches {
        journal.append(&subject, Expect::Any, batch).await.expect("it is stored");
    }
    (BATCHES * BATCH) as f64 / start.elapsed().as_secs_f64()
}

/// How long one event takes, one after another.
async fn singles(journal: &Journal) -> Histogram<u64> {
    let mut latencies = report::histogram();
    let (subject, events) = events("single", ONE_BY_ONE);
    for event in events {
        let from = Instant::now();
        journal.append(&subject, Expect::Any, vec![event]).await.expect("it is stored");
        latencies.saturating_record(report::micros(from.elapsed()));
    }
    latencies
}
