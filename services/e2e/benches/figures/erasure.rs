//! What another project's webhooks feel of the deletion of a project with a million messages: its database is dropped and
//! its events and its raw webhooks are erased from the log, while webhooks come at a steady pace. The first minutes of each part alone, without
//! a house around it; the whole, from the request to its end, is `deletion`.

use contract::{ProjectId, Stream};
use e2e::bed::{self, APP_SECRET, Projects, Served};
use e2e::history::History;
use e2e::report;
use e2e::webhooks::{FIRST_SECOND, Webhooks};
use embedded::Postgres;
use journal::{Erasure, Journal};
use projections::database_name;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::windows::{Window, compare};

const RATE: f64 = 500.0;
/// Webhooks of one window: 5 seconds.
const WEBHOOKS: usize = 2_500;
/// Before the first of the two, between them and after the last: each is broken off.
const QUIET_WINDOWS: usize = 5;
/// While a stream is worked on: long enough for a part of it and the rest that follows it.
const BUSY_WINDOWS: usize = 18;
const PEOPLE: usize = 10_000;
const MESSAGES_EACH: usize = 100;

pub(crate) async fn run() {
    report::title("Webhooks of one project while another, with a million messages, is erased");
    let (nats, journal) = bed::log().await;
    let postgres = Postgres::scratch().await.expect("postgres starts");
    let projects = Projects::make(&journal, &postgres, 2).await;
    let gone = projects.ids[1];
    let history = History { project: gone, people: PEOPLE, messages_each: MESSAGES_EACH, first_second: FIRST_SECOND };
    history.store(&journal).await;
    let came = Webhooks { name: "history", numbers: &projects.numbers[1..], count: PEOPLE * MESSAGES_EACH };
    came.store(&journal).await;
    let served = Served::ingress(journal.clone()).await;
    let numbers = &projects.numbers[..1];
    let window = Window { address: served.address, app_secret: APP_SECRET, numbers, rate: RATE, webhooks: WEBHOOKS };
    let windows = async |name: &str, count: usize| {
        let mut measured = Vec::new();
        for index in 0..count {
            let sent = window.pass(&format!("{name} {index}")).await;
            assert_eq!(sent.refused, 0, "every webhook is acknowledged");
            measured.push(sent.latencies);
        }
        measured
    };
    windows("warm", 1).await;
    let mut quiet = windows("before", QUIET_WINDOWS).await;
    let mut busy = Vec::new();
    for (stream, pattern) in [
        (Stream::Conversation, format!("conversation.{gone}.>")),
        // The stream that the neighbour's webhooks are appended to.
        (Stream::Webhook, format!("webhook.{}.>", projects.numbers[1])),
    ] {
        let erasing = tokio::spawn(erase(journal.clone(), postgres.admin_url(), gone, stream, pattern.clone()));
        let measured = windows(&format!("meanwhile {stream}"), BUSY_WINDOWS).await;
        assert!(!erasing.is_finished(), "it is all erased, or cannot be: nothing was measured at the end");
        erasing.abort();
        let left: u64 = journal.subjects(stream, &pattern).await.expect("the log answers").values().sum();
        busy.push((stream, measured, left));
        quiet.extend(windows(&format!("after {stream}"), QUIET_WINDOWS).await);
    }

    report::note(format!(
        "the middle of {BUSY_WINDOWS} windows of {} s, and of {} quiet ones; then all together",
        window.seconds(),
        quiet.len()
    ));
    for (stream, busy, left) in busy {
        report::note(format!("{left} events of {stream} left when it was broken off"));
        compare(&format!("acknowledged while {stream} is erased"), &busy, &quiet);
    }
    served.stop().await;
    drop(projects);
    nats.stop().await;
    postgres.stop().await;
}

/// What lifecycle and databases do, in their order. It can be broken off at any point and begun again.
async fn erase(journal: Journal, admin_url: String, project: ProjectId, stream: Stream, pattern: String) {
    let mut admin = PgConnection::connect(&admin_url).await.expect("it answers");
    let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", database_name(project)));
    sqlx::raw_sql(drop).execute(&mut admin).await.expect("it is dropped");
    journal.erase(&Erasure { stream, pattern, overwrite: false }).await.expect("it is erased");
}
