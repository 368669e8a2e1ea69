//! What `plan` promises is not less than what a rebuild then takes.

use std::time::Instant;

use contract::MessageReceived;
use embedded::Postgres;
use futures::TryStreamExt;
use journal::{Filter, Range};
use serde_json::Value;
use sqlx::{Executor, PgConnection};

use crate::bench::{Bench, TABLES};
use replay::Exit;

/// Enough that what a table takes beside its rows is little.
const MESSAGES: usize = 3_000;

async fn plan(bench: &Bench, options: &str) -> Value {
    let (exit, mut plan) = bench.json(&format!("plan {options}")).await;
    assert_eq!((exit, plan.len()), (Exit::Fine, 1), "{plan:?}");
    plan.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_counts_the_events_of_the_project_and_their_bytes() {
    let bench = Bench::start(40).await;
    let events: Vec<_> = bench.journal.replay(contract::Stream::Conversation, Range::ALL, Filter::all()).try_collect().await.unwrap();
    let bytes: usize = events.iter().map(|event: &contract::Recorded| event.data.len()).sum();
    let plan = plan(&bench, "").await;
    assert_eq!((&plan["events"], &plan["bytes"]), (&events.len().into(), &bytes.into()));
    assert_eq!(plan["project"], bench.project.to_string());
    assert!(plan["table_bytes"].as_u64().unwrap() > 0 && plan["seconds"].as_f64().unwrap() > 0.0, "{plan}");
    let (_, text) = bench.run("plan").await;
    assert!(text.lines().nth(1).unwrap().starts_with(&bench.project.to_string()), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_counted_on_and_kept_to() {
    let bench = Bench::start(41).await;
    for (rate, at_least) in [(5, 1.0), (1, 5.0)] {
        let seconds = plan(&bench, &format!("--rate {rate}")).await["seconds"].as_f64().unwrap();
        assert!(seconds >= at_least, "five events, {rate} a second, in {seconds} s");
    }
    for line in ["verify --rate 5", "rebuild --yes --rate 5"] {
        let began = Instant::now();
        assert_eq!(bench.run(line).await.0, Exit::Fine);
        let took = began.elapsed().as_secs_f64();
        assert!(took >= 1.0, "{line}: five events took {took} s");
    }
    let free = plan(&bench, "--rate 4000000000").await["seconds"].as_f64().unwrap();
    assert!(free > 0.0 && free < 5.0, "a rate that nobody reaches is no limit: {free} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_empty_tables_writes_no_more_than_was_said() {
    // A server of its own: its write-ahead log is this test's.
    let postgres = Postgres::scratch().await.unwrap();
    let bench = Bench::on(&postgres, 42).await;
    bench.say_all((0..MESSAGES).map(|number| MessageReceived(bench.message(&format!("wamid.{number:05}"))).into()).collect()).await;
    let most = plan(&bench, "").await["bytes_to_write_max"].as_u64().unwrap();
    bench.execute(&format!("TRUNCATE {}", TABLES.join(", "))).await;
    let mut connection = bench.connection().await;
    connection.execute("CHECKPOINT").await.unwrap();
    let before = written(&mut connection).await;
    assert_eq!(bench.run("rebuild --yes").await.0, Exit::Fine);
    let wrote = u64::try_from(written(&mut connection).await - before).unwrap();
    assert!(wrote <= most, "{wrote} bytes were written, at most {most} were announced");
    assert!(wrote >= most / 10, "{wrote} bytes were written: {most} is no estimate of that");
    drop(connection);
    postgres.stop().await;
}

/// Bytes of the tables with their indexes, and of the write-ahead log so far.
async fn written(connection: &mut PgConnection) -> i64 {
    let query = "SELECT (pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') + sum(pg_total_relation_size(oid)))::bigint FROM pg_class
                  WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'paige'::regnamespace)";
    sqlx::query_scalar(query).fetch_one(connection).await.unwrap()
}
