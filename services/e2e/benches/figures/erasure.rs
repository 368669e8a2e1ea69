//! What another project's webhooks feel of the deletion of a project with a million messages: its events are purged from the log while
//! webhooks come at a steady pace, and its database is dropped.
//!
//! Three parts in turn, each with the same load: before, while it goes, afterwards. The first and the last say how much the machine itself wavers.

use std::sync::Arc;

use contract::{ProjectId, Stream};
use e2e::bed::{self, APP_SECRET, Projects, Served};
use e2e::history::History;
use e2e::load::{self, Pace};
use e2e::report::{self, Figure, Goal};
use e2e::webhooks::{FIRST_SECOND, Webhooks};
use embedded::Postgres;
use journal::{Erasure, Journal};
use projections::database_name;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::Instant;

const RATE: f64 = 500.0;
const CONNECTIONS: usize = 32;
/// Webhooks of one part: 20 seconds.
const WEBHOOKS: usize = 10_000;
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
    let served = Served::ingress(journal.clone()).await;
    let part = async |name: &str| {
        let webhooks = Webhooks { name, numbers: &projects.numbers[..1], count: WEBHOOKS };
        let requests = Arc::new(webhooks.requests(served.address, APP_SECRET));
        let sent = load::run(served.address, CONNECTIONS, requests, Pace::PerSecond(RATE), Instant::now()).await;
        assert_eq!(sent.refused, 0, "every webhook is acknowledged");
        sent.latencies
    };
    part("warm").await;
    let before = part("before").await;
    let erasing = async {
        erase(&journal, &postgres, gone).await;
        std::future::pending().await
    };
    let during = tokio::select! {
        during = part("during") => during,
        () = erasing => unreachable!("it does not end"),
    };
    let left: u64 = journal.subjects(Stream::Conversation, &pattern(gone)).await.expect("the log answers").values().sum();
    let after = part("after").await;

    report::note(format!("{} of {} events erased meanwhile", history.events_in_all() - left, history.events_in_all()));
    Figure::percentile("acknowledged before", &before, 50.0).print();
    Figure::percentile("acknowledged before", &before, 99.0).print();
    let limit = report::ms(&before, 99.0);
    Figure::percentile("acknowledged while it is erased", &during, 50.0).print();
    Figure::percentile("acknowledged while it is erased", &during, 99.0).beside("before", limit).ratio(Goal::AtMost(1.1)).print();
    Figure::percentile("acknowledged afterwards", &after, 99.0).beside("before", limit).print();
    served.stop().await;
    drop(projects);
    nats.stop().await;
    postgres.stop().await;
}

/// What lifecycle and databases do, in their order.
async fn erase(journal: &Journal, postgres: &Postgres, project: ProjectId) {
    let mut admin = PgConnection::connect(&postgres.admin_url()).await.expect("it answers");
    let drop = AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", database_name(project)));
    sqlx::raw_sql(drop).execute(&mut admin).await.expect("it is dropped");
    let erasure = Erasure { stream: Stream::Conversation, pattern: pattern(project), overwrite: false };
    journal.erase(&erasure).await.expect("it is erased");
}

fn pattern(project: ProjectId) -> String {
    format!("conversation.{project}.>")
}
