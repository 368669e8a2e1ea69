//! How long it takes from a webhook to a row: 1,000 messages a second at a steady pace, ingress and recorder in one process.
//!
//! Measured without a look at the tables meanwhile, which would be a load of its own: Postgres notes when each transaction was committed, and
//! from then on its rows are seen. They are read when all have come. A reader of its own asks for a few messages until they are there, to show
//! that the notes say what a reader sees. The time counts from when the webhook was due to be sent, so a service that falls behind
//! cannot hide it.

use std::collections::HashMap;
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
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const RATE: f64 = 1_000.0;
const CONNECTIONS: usize = 64;
const WARM_UP: usize = 5_000;
const MESSAGES: usize = 20_000;
/// Of so many messages of a project, the reader asks for one.
const SAMPLE: usize = 200;
/// The same load over so many projects: few make large batches, many make many transactions.
const PROJECTS: [usize; 2] = [10, 100];
const ASK_EVERY_MIN: Duration = Duration::from_micros(500);
/// The pause between two questions, as a part of the time waited so far.
const ASK_SHARE: u32 = 16;
const VISIBLE_MAX: Duration = Duration::from_secs(30);
const COUNT_EVERY: Duration = Duration::from_millis(100);
/// How often the database is asked for its time: the quickest answer counts.
const CLOCK_ASKED: usize = 20;

pub(crate) async fn run() {
    report::title("From webhook to row, at 1,000 messages a second");
    for count in PROJECTS {
        let (nats, journal) = bed::log().await;
        let postgres = noting().await;
        let projects = Projects::make(&journal, &postgres, count).await;
        let served = Served::ingress(journal.clone()).await;
        let (followers, shutdown) = (Followers::new(&journal), CancellationToken::new());
        let running = tokio::spawn(recorder::run(journal, projects.databases.clone(), followers.clone(), shutdown.clone()));

        pass(&projects, &served, "warm", WARM_UP).await;
        let meter = Meter::start([(SELF, std::process::id()), ("broker", nats.pid()), ("Postgres", postgres.pid())]);
        let Passed { acknowledged, visible, seen, generator } = pass(&projects, &served, "row", MESSAGES).await;
        report::note(format!("{count} projects, {} rows; {}", visible.len(), meter.line(generator)));
        let name = format!("webhook to row, {count} projects");
        let by_reader = format!("{} by a reader", seen.len());
        for (percentile, goal) in [(50.0, 10.0), (99.0, 50.0)] {
            let line = Figure::percentile(&name, &visible, percentile).goal(Goal::AtMost(goal));
            line.beside(&by_reader, report::ms(&seen, percentile)).print();
        }
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

/// A server that notes when each transaction was committed.
async fn noting() -> Postgres {
    let mut postgres = Postgres::scratch().await.expect("postgres starts");
    let mut admin = PgConnection::connect(&postgres.admin_url()).await.expect("it answers");
    sqlx::raw_sql("ALTER SYSTEM SET track_commit_timestamp = on").execute(&mut admin).await.expect("it is set");
    postgres.restart().await.expect("postgres starts again");
    postgres
}

/// What came of a load.
struct Passed {
    acknowledged: Histogram<u64>,
    /// By the notes, of all.
    visible: Histogram<u64>,
    /// By the reader, of some.
    seen: Histogram<u64>,
    /// The processor time that sending and looking took.
    generator: Option<Duration>,
}

/// Sends and looks.
async fn pass(projects: &Projects, served: &Served, name: &str, count: usize) -> Passed {
    let webhooks = Webhooks { name, numbers: &projects.numbers, count };
    let requests = Arc::new(webhooks.requests(served.address, APP_SECRET));
    let start = Instant::now() + Duration::from_millis(500);
    let looks = (0..projects.ids.len()).map(|project| {
        // Each project begins elsewhere, or all would be looked at in the same moment.
        let of_project = (0..count).skip(project).step_by(projects.ids.len()).skip(project % SAMPLE).step_by(SAMPLE);
        let wamids = of_project.map(|index| (webhooks.wamid(index), load::due(start, RATE, index))).collect();
        (projects.databases.options(projects.ids[project]), projects.ids[project], wamids)
    });
    let seen = look(looks.collect());
    let sent = load::run(served.address, CONNECTIONS, requests, Pace::PerSecond(RATE), start).await;
    assert_eq!(sent.refused, 0, "every webhook is acknowledged");
    let (seen, reader) = seen.await.expect("the reader ends well");
    let mut visible = report::histogram();
    for (project, id) in projects.ids.iter().enumerate() {
        let mut connection = projects.databases.options(*id).connect().await.expect("the database answers");
        let of_project: Vec<usize> = (0..count).skip(project).step_by(projects.ids.len()).collect();
        let committed = committed(&mut connection, name, of_project.len()).await;
        let clock = Clock::of(&mut connection).await;
        for index in of_project {
            let after = clock.micros_after(load::due(start, RATE, index), committed[&webhooks.wamid(index)]);
            visible.saturating_record(after);
        }
    }
    Passed { acknowledged: sent.latencies, visible, seen, generator: sent.cpu.zip(reader).map(|(sent, read)| sent + read) }
}

/// When each message of a load was committed, in microseconds of the database's clock, once so many are there.
async fn committed(connection: &mut PgConnection, name: &str, count: usize) -> HashMap<String, i64> {
    const QUERY: &str = "
        SELECT wamid, (EXTRACT(EPOCH FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint
          FROM public.messages WHERE starts_with(wamid, $1)";
    let until = Instant::now() + VISIBLE_MAX;
    loop {
        let rows: Vec<(String, i64)> =
            sqlx::query_as(QUERY).bind(format!("wamid.{name}")).fetch_all(&mut *connection).await.expect("an answer");
        if rows.len() == count {
            return rows.into_iter().collect();
        }
        assert!(Instant::now() < until, "{} of {count} rows after {VISIBLE_MAX:?}", rows.len());
        tokio::time::sleep(COUNT_EVERY).await;
    }
}

/// What the database's clock showed at a moment of ours.
struct Clock {
    at: Instant,
    micros: i64,
}

impl Clock {
    async fn of(connection: &mut PgConnection) -> Self {
        const QUERY: &str = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint";
        let mut best = None;
        for _ in 0..CLOCK_ASKED {
            let asked = Instant::now();
            let micros: i64 = sqlx::query_scalar(QUERY).fetch_one(&mut *connection).await.expect("an answer");
            let took = asked.elapsed();
            if best.as_ref().is_none_or(|(quickest, _)| took < *quickest) {
                best = Some((took, Self { at: asked + took / 2, micros }));
            }
        }
        best.expect("asked more than never").1
    }

    /// From a moment of ours to one of the database's.
    fn micros_after(&self, from: Instant, micros: i64) -> u64 {
        let before = report::micros(self.at.saturating_duration_since(from));
        u64::try_from(i64::try_from(before).expect("a bench of a day") - (self.micros - micros)).unwrap_or(0)
    }
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
