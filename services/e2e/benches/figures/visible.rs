//! How long it takes from a webhook to a row: 1,000 messages a second at a steady pace, ingress and recorder in one process.
//!
//! Measured from outside: a reader with its own connection to each project's database asks for every twentieth message by its wamid until
//! it is there. The time counts from when the webhook was due to be sent, so a service that falls behind cannot hide it. The
//! generator's clock ticks in milliseconds; the reader asks every half of one, and more seldom what it waits for longer, so that it is
//! never the load that it measures (what is shown is at most a sixteenth too long).

use std::sync::Arc;
use std::time::Duration;

use contract::ProjectId;
use e2e::bed::{self, APP_SECRET, Projects, Served};
use e2e::cpu::{self, Meter, SELF};
use e2e::load::{self, Pace};
use e2e::report::{self, Figure, Goal};
use e2e::webhooks::Webhooks;
use embedded::Postgres;
use hdrhistogram::Histogram;
use recorder::Followers;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const RATE: f64 = 1_000.0;
const CONNECTIONS: usize = 64;
const WARM_UP: usize = 5_000;
const MESSAGES: usize = 20_000;
const SAMPLE: usize = 20;
/// The same load over so many projects: few make large batches, many make many transactions.
const PROJECTS: [usize; 2] = [10, 100];
const ASK_EVERY_MIN: Duration = Duration::from_micros(500);
/// The pause between two questions, as a part of the time waited so far.
const ASK_SHARE: u32 = 16;
const VISIBLE_MAX: Duration = Duration::from_secs(30);

pub(crate) async fn run() {
    report::title("From webhook to row, at 1,000 messages a second");
    for count in PROJECTS {
        let (nats, journal) = bed::log().await;
        let postgres = Postgres::scratch().await.expect("postgres starts");
        let projects = Projects::make(&journal, &postgres, count).await;
        let served = Served::ingress(journal.clone()).await;
        let (followers, shutdown) = (Followers::new(&journal), CancellationToken::new());
        let running = tokio::spawn(recorder::run(journal, projects.databases.clone(), followers.clone(), shutdown.clone()));

        pass(&projects, &served, "warm", WARM_UP).await;
        let meter = Meter::start([(SELF, std::process::id()), ("broker", nats.pid()), ("Postgres", postgres.pid())]);
        let (acknowledged, visible, generator) = pass(&projects, &served, "row", MESSAGES).await;
        report::note(format!("{count} projects, {} rows looked for; {}", visible.len(), meter.line(generator)));
        let name = format!("webhook to row, {count} projects");
        Figure::percentile(&name, &visible, 50.0).goal(Goal::AtMost(10.0)).print();
        Figure::percentile(&name, &visible, 99.0).goal(Goal::AtMost(50.0)).print();
        Figure::percentile("of it until acknowledged", &acknowledged, 50.0).print();
        Figure::percentile("of it until acknowledged", &acknowledged, 99.0).print();

        shutdown.cancel();
        running.await.expect("no panic").expect("the recorder ends well");
        served.stop().await;
        drop(projects);
        nats.stop().await;
        postgres.stop().await;
    }
}

/// Sends and looks. Answers the times until the acknowledgement, the times until the row, and the processor time that both took.
async fn pass(projects: &Projects, served: &Served, name: &str, count: usize) -> (Histogram<u64>, Histogram<u64>, Option<Duration>) {
    let webhooks = Webhooks { name, numbers: &projects.numbers, count };
    let requests = Arc::new(webhooks.requests(served.address, APP_SECRET));
    let start = Instant::now() + Duration::from_millis(500);
    let looks = (0..projects.ids.len()).map(|project| {
        // Each project begins elsewhere, or all would be looked at in the same moment.
        let of_project = (0..count).filter(|index| index % projects.ids.len() == project).skip(project % SAMPLE).step_by(SAMPLE);
        let wamids = of_project.map(|index| (webhooks.wamid(index), load::due(start, RATE, index))).collect();
        (projects.databases.options(projects.ids[project]), projects.ids[project], wamids)
    });
    let visible = look(looks.collect());
    let sent = load::run(served.address, CONNECTIONS, requests, Pace::PerSecond(RATE), start).await;
    assert_eq!(sent.refused, 0, "every webhook is acknowledged");
    let (visible, reader) = visible.await.expect("the reader ends well");
    (sent.latencies, visible, sent.cpu.zip(reader).map(|(sent, read)| sent + read))
}

type Look = (PgConnectOptions, ProjectId, Vec<(String, Instant)>);

/// Looks for messages on a thread of its own, so that the reader is not in the services' way.
fn look(looks: Vec<Look>) -> oneshot::Receiver<(Histogram<u64>, Option<Duration>)> {
    let (sender, seen) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let before = cpu::of_this_thread();
        let visible = LocalSet::new().block_on(&runtime, async move {
            let mut tasks = JoinSet::new();
            for (options, project, wamids) in looks {
                tasks.spawn_local(async move { look_in(options.connect().await.expect("the database answers"), project, wamids).await });
            }
            let mut visible = report::histogram();
            while let Some(seen) = tasks.join_next().await {
                visible.add(seen.expect("no panic")).expect("the same bounds");
            }
            visible
        });
        drop(sender.send((visible, cpu::of_this_thread().zip(before).map(|(after, before)| after - before))));
    });
    seen
}

async fn look_in(mut connection: PgConnection, project: ProjectId, wamids: Vec<(String, Instant)>) -> Histogram<u64> {
    let mut visible = report::histogram();
    for (wamid, due) in wamids {
        tokio::time::sleep_until(due).await;
        loop {
            let query = sqlx::query_scalar("SELECT EXISTS (SELECT FROM public.messages WHERE wamid = $1)").bind(&wamid);
            if query.fetch_one(&mut connection).await.expect("an answer") {
                break;
            }
            assert!(due.elapsed() < VISIBLE_MAX, "{wamid} is not in {project} after {VISIBLE_MAX:?}");
            tokio::time::sleep((due.elapsed() / ASK_SHARE).max(ASK_EVERY_MIN)).await;
        }
        visible.saturating_record(report::micros(due.elapsed()));
    }
    visible
}
