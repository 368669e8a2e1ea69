//! How fast lists and histories are read with a million messages in a project, and what a rebuild of the same project does to that.
//!
//! Requests come over sockets and go through everything that a request goes through. Beside them stands the query alone, bare through
//! sqlx, over as many connections as the service has.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use contract::ProjectId;
use e2e::bed::{self, API_KEY, Projects, Served};
use e2e::binaries::built;
use e2e::cpu::{Meter, SELF};
use e2e::history::History;
use e2e::load::{self, Outcome, Pace, Requests};
use e2e::report::{self, Figure, Goal, Unit};
use e2e::webhooks::FIRST_SECOND;
use embedded::{Nats, Postgres};
use hdrhistogram::Histogram;
use projections::rebuild::{Options, Rebuild};
use sqlx::PgPool;
use tokio::time::Instant;

const PEOPLE: usize = 10_000;
const MESSAGES_EACH: usize = 100;
/// Requests at once: as many as keep the cores busy.
const CONNECTIONS: usize = 8;
const REQUESTS: usize = 20_000;
/// Of the readers beside a rebuild: what a project's people and bots would ask, not all that could be asked.
const STEADY_PER_SECOND: f64 = 200.0;
const STEADY_REQUESTS: usize = 2_000;
/// A prime, so that neighbours in time are no neighbours in the tables.
const STRIDE: usize = 7_919;

const HISTORY: &str = "SELECT * FROM public.messages WHERE contact_id = $1 ORDER BY sent_at, sequence LIMIT 51";
const CONVERSATION: &str = "SELECT * FROM public.messages WHERE conversation_id = $1 ORDER BY sent_at, sequence LIMIT 51";
const CONTACTS: &str = "SELECT * FROM public.contacts WHERE id <> $1 AND merged_into IS NULL
                         ORDER BY coalesce(last_message_at, first_seen_at) DESC, id DESC LIMIT 51";
const CONVERSATIONS: &str = "SELECT * FROM public.conversations WHERE id <> $1 AND closed_at IS NULL
                              ORDER BY coalesce(last_message_at, opened_at) DESC, id DESC LIMIT 51";

pub(crate) async fn run() {
    let (nats, journal) = bed::log().await;
    let postgres = Postgres::scratch().await.expect("postgres starts");
    let projects = Projects::make(&journal, &postgres, 1).await;
    let history = History { project: projects.ids[0], people: PEOPLE, messages_each: MESSAGES_EACH, first_second: FIRST_SECOND };
    history.store(&journal).await;
    let rebuild = Rebuild::new(journal.clone(), projects.databases.clone(), Options::default());
    let filled = rebuild.rebuild(history.project).await.expect("the tables are built");
    assert_eq!(filled.events, history.events_in_all(), "events in the tables");
    let pool = projects.databases.pool(history.project);
    sqlx::query("VACUUM ANALYZE").execute(&pool).await.expect("as autovacuum leaves it");
    let known = projects::Projects::start(journal.clone()).await.expect("projects are read");
    let (clock, ids) = (chassis::Clock::System, chassis::Ids::new(chassis::Clock::System));
    let catalogue = projects::Catalogue::new(journal.clone());
    let conversations = conversations::Conversations::new(journal, known, catalogue, projects.databases.clone(), clock, ids);
    let routes = conversations::routes(conversations);
    let served = Served::start(routes).await;

    report::title("Lists and histories, 1,000,000 messages in the project, 50 of a page");
    let contact = |person| history.contact(person).to_string();
    let conversation = |person| history.conversation(person).to_string();
    let base = format!("/v1/projects/{}", history.project);
    for (name, query, key, path) in [
        (
            "history of a contact",
            HISTORY,
            &contact as &dyn Fn(usize) -> String,
            &(|id: &str| format!("{base}/contacts/{id}/messages")) as &dyn Fn(&str) -> String,
        ),
        ("history of a conversation", CONVERSATION, &conversation, &|id| format!("{base}/conversations/{id}/messages")),
        ("list of contacts", CONTACTS, &contact, &|_| format!("{base}/contacts")),
        ("list of open conversations", CONVERSATIONS, &conversation, &|_| format!("{base}/conversations?status=open")),
    ] {
        let keys: Vec<String> = (0..REQUESTS).map(|index| key(index * STRIDE % PEOPLE)).collect();
        let (bare, alone) = bare(&pool, query, keys.clone()).await;
        let requests = requests(&served, keys.iter().map(|key| path(key)));
        let meter = Meter::start([(SELF, std::process::id()), ("Postgres", postgres.pid())]);
        let asked = load::run(served.address, CONNECTIONS, requests, Pace::Closed, Instant::now()).await;
        assert_eq!(asked.refused, 0, "every request for a {name} is answered");
        report::note(meter.line(asked.cpu));
        Figure::new(name, asked.per_second(), Unit::PerSecond).goal(Goal::AtLeast(5_000.0)).beside("bare SELECT", bare).print();
        let p99 = Figure::percentile(name, &asked.latencies, 99.0).goal(Goal::AtMost(5.0));
        p99.beside("bare SELECT", report::ms(&alone, 99.0)).print();
    }

    report::title("The history of a contact, 200 times a second, while the project is rebuilt");
    let idle = steady(&served, history, &base).await;
    let rebuilding = Rebuilding::start(&nats, &postgres, history.project);
    let beside = steady(&served, history, &base).await;
    let rebuilds = rebuilding.stop();
    report::note(format!("{rebuilds} rebuilds meanwhile"));
    let p99 = Figure::percentile("beside a rebuild", &beside.latencies, 99.0).beside("idle", report::ms(&idle.latencies, 99.0));
    p99.ratio(Goal::AtMost(1.5)).print();
    Figure::percentile("beside a rebuild", &beside.latencies, 50.0).beside("idle", report::ms(&idle.latencies, 50.0)).print();

    served.stop().await;
    drop((pool, projects));
    nats.stop().await;
    postgres.stop().await;
}

/// The operator's tool, rebuilding one after another, as it is used: a process of its own.
struct Rebuilding {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Rebuilding {
    fn start(nats: &Nats, postgres: &Postgres, project: ProjectId) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&enough);
        let mut replay = Command::new(built("replay"));
        replay.args(["rebuild", "--yes", "--project", &project.to_string()]).stdout(Stdio::null());
        replay.env("PAIGE_NATS_URL", nats.url()).env("PAIGE_DATABASE_URL", postgres.admin_url());
        let thread = std::thread::spawn(move || {
            let mut rebuilds = 0;
            while !stop.load(Ordering::Relaxed) {
                assert!(replay.status().expect("it runs").success(), "the tables are rebuilt");
                rebuilds += 1;
            }
            rebuilds
        });
        Self { enough, thread }
    }

    /// Lets the last one come to its end; answers how many there were.
    fn stop(self) -> usize {
        assert!(!self.thread.is_finished(), "a rebuild went on all the time");
        self.enough.store(true, Ordering::Relaxed);
        self.thread.join().expect("the rebuilds end well")
    }
}

fn requests(served: &Served, paths: impl Iterator<Item = String>) -> Arc<Requests> {
    let mut requests = Requests::default();
    for path in paths {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {API_KEY}\r\n\r\n", served.address);
        requests.push(head.as_bytes());
    }
    Arc::new(requests)
}

async fn steady(served: &Served, history: History, base: &str) -> Outcome {
    let contacts = (0..STEADY_REQUESTS).map(|index| history.contact(index * STRIDE % PEOPLE));
    let requests = requests(served, contacts.map(|contact| format!("{base}/contacts/{contact}/messages")));
    let outcome = load::run(served.address, CONNECTIONS, requests, Pace::PerSecond(STEADY_PER_SECOND), Instant::now()).await;
    assert_eq!(outcome.refused, 0, "every request is answered");
    outcome
}

/// The query alone: how many a second, and how long one takes.
async fn bare(pool: &PgPool, query: &'static str, keys: Vec<String>) -> (f64, Histogram<u64>) {
    let (keys, next, start) = (Arc::new(keys), Arc::new(AtomicUsize::new(0)), Instant::now());
    let askers: Vec<_> = (0..pool.options().get_max_connections())
        .map(|_| {
            let (pool, keys, next) = (pool.clone(), Arc::clone(&keys), Arc::clone(&next));
            tokio::spawn(async move {
                let mut latencies = report::histogram();
                while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let from = Instant::now();
                    sqlx::query(query).bind(key).fetch_all(&pool).await.expect("rows");
                    latencies.saturating_record(report::micros(from.elapsed()));
                }
                latencies
            })
        })
        .collect();
    let mut latencies = report::histogram();
    for asker in askers {
        latencies.add(asker.await.expect("no panic")).expect("the same bounds");
    }
    (keys.len() as f64 / start.elapsed().as_secs_f64(), latencies)
}
