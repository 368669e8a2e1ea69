//! How fast a project's tables are rebuilt and verified, beside what the parts can do alone: reading the log, and COPY plus index of
//! the same rows. `cargo bench -p projections`; `EVENTS=100000` for a smaller one, `ROUNDS=20` to verify often, for a profiler. What a
//! rebuild costs readers is among the figures of the whole.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::time::{Duration, Instant};

use contract::{ProjectId, Stream, Subject};
use embedded::{Nats, Postgres};
use futures::{StreamExt, TryStreamExt};
use journal::{Append, ConnectOptions, Expect, Filter, Journal, Range};
use projections::rebuild::{Options, Rebuild, Step};
use projections::{ProjectDatabases, database_name};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use ulid::Ulid;

#[path = "../tests/rebuild/scenario.rs"]
mod scenario;

use scenario::{EVENTS_PER_CONTACT, Person, envelope};

/// As in the binary `replay`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TABLES: [&str; 8] = [
    "public.contacts",
    "public.conversations",
    "public.messages",
    "paige.identities",
    "paige.statuses",
    "paige.state_changes",
    "paige.submissions",
    "paige.unassigned",
];
/// What a rebuild must reach, alone and beside Postgres' own way of writing the same rows.
const EVENTS_PER_SECOND_MIN: f64 = 100_000.0;
const SHARE_OF_COPY_MIN: f64 = 0.3;
/// Subjects of one atomic batch.
const BATCH: usize = 1_000;

struct Bench {
    _nats: Nats,
    _postgres: Postgres,
    journal: Journal,
    databases: ProjectDatabases,
    project: ProjectId,
    events: u64,
}

#[tokio::main]
async fn main() {
    let events: usize = std::env::var("EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let bench = Bench::start(events).await;
    let mut table = vec![];
    table.push(("raw read of the log", bench.raw_read(Filter::all()).await));
    table.push(("the same through a filter", bench.raw_read(Filter::subjects([format!("conversation.{}.>", bench.project)])).await));
    table.push(("first rebuild of a new server", bench.timed("first rebuild of a new server", bench.rebuild(true)).await));
    bench.truncate().await;
    bench.settle().await;
    let rebuild = bench.timed("rebuild into empty tables, read back", bench.rebuild(true)).await;
    table.push(("rebuild into empty tables, read back", rebuild));
    bench.settle().await;
    let right = bench.timed("right", bench.rebuild(false)).await;
    table.push(("rebuild of tables that are right", right));
    for _ in 1..rounds {
        bench.timed("verify", bench.verify()).await;
    }
    table.push(("verify", bench.timed("verify", bench.verify()).await));
    println!("at most {} MiB of memory", memory_max() >> 10);
    let copy = bench.copy_and_index().await;
    table.push(("COPY plus index of the same rows", copy));
    println!("\n{:<42} {:>9} {:>12}", "", "seconds", "events/s");
    for (name, took) in &table {
        println!("{name:<42} {:>9.2} {:>12.0}", took.as_secs_f64(), bench.events as f64 / took.as_secs_f64());
    }
    println!("\n{:<46} {:>14} {:>14}", "", "measured", "goal");
    for (name, took) in [("rebuild of tables that are right", right), ("rebuild into empty tables", rebuild)] {
        let speed = bench.events as f64 / took.as_secs_f64();
        let met = speed >= EVENTS_PER_SECOND_MIN;
        figure(&format!("{name}, events/s"), format!("{speed:.0}"), format!("≥ {EVENTS_PER_SECOND_MIN:.0}"), met);
        let share = copy.as_secs_f64() / took.as_secs_f64();
        figure("the same, of COPY plus index", format!("{share:.2}"), format!("≥ {SHARE_OF_COPY_MIN:.2}"), share >= SHARE_OF_COPY_MIN);
    }
}

impl Bench {
    async fn start(events: usize) -> Self {
        let nats = Nats::scratch().await.expect("nats-server starts");
        let postgres = Postgres::scratch().await.expect("postgres starts");
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "bench")).await.expect("connects");
        journal.open(&Stream::ALL).await.expect("streams open");
        let project = ProjectId::from_ulid(Ulid::from_parts(1, 1));
        postgres.create_database(&database_name(project)).await.expect("database created");
        let databases = ProjectDatabases::new(postgres.admin_url().parse().expect("a URL"));
        let mut connection = PgConnection::connect_with(&databases.options(project)).await.expect("connects");
        projections::migrate(&mut connection).await.expect("migrates");
        drop(connection);
        let people = (events / EVENTS_PER_CONTACT).max(1);
        let bench = Self { _nats: nats, _postgres: postgres, journal, databases, project, events: (people * EVENTS_PER_CONTACT) as u64 };
        bench.fill(people).await;
        bench
    }

    /// Everybody's first event, then everybody's second: what belongs together is far apart in the log.
    async fn fill(&self, people: usize) {
        let began = Instant::now();
        let people: Vec<Person> = (0..people as u64).map(|number| Person::new(self.project, number)).collect();
        let mut number = 0;
        for step in 0..EVENTS_PER_CONTACT {
            for some in people.chunks(BATCH) {
                let appends = some.iter().map(|person| {
                    number += 1;
                    let subject = Subject::conversation(self.project, person.contact);
                    Append { subject, expect: Expect::Any, events: vec![envelope(person.step(step), number)] }
                });
                self.journal.append_all(appends.collect()).await.expect("appended");
            }
        }
        let state = self.journal.state(Stream::Conversation).await.expect("state");
        println!("{} events, {} MiB, appended in {:.1?}", state.messages, state.bytes >> 20, began.elapsed());
    }

    async fn raw_read(&self, filter: Filter) -> Duration {
        let began = Instant::now();
        let count =
            self.journal.replay(Stream::Conversation, Range::ALL, filter).filter(|event| std::future::ready(event.is_ok())).count().await;
        assert_eq!(count as u64, self.events);
        began.elapsed()
    }

    async fn timed(&self, name: &str, work: impl Future<Output = ()>) -> Duration {
        let before = cpu();
        let began = Instant::now();
        work.await;
        let took = began.elapsed();
        println!("{name}: {took:.2?}, of which this process computed {:.2?}", cpu() - before);
        took
    }

    async fn rebuild(&self, told: bool) {
        let began = Instant::now();
        let rebuild = Rebuild::new(self.journal.clone(), self.databases.clone(), Options::default()).watched(move |step| match step {
            Step::Reading { sequence, through } if told && sequence == through => println!("  {:>6.2?} read", began.elapsed()),
            Step::Comparing { table, .. } if told => println!("  {:>6.2?} comparing {table}", began.elapsed()),
            Step::Writing { table, rows, of, .. } if told && rows == of => {
                println!("  {:>6.2?} wrote {rows} rows of {table}", began.elapsed())
            }
            Step::Filling { events, of, .. } if told && events == of => println!("  {:>6.2?} written", began.elapsed()),
            Step::Reading { .. } | Step::Filling { .. } | Step::Comparing { .. } | Step::Writing { .. } => {}
        });
        let report = rebuild.rebuild(self.project).await.expect("rebuilds");
        assert_eq!(report.events, self.events);
    }

    async fn verify(&self) {
        let report =
            Rebuild::new(self.journal.clone(), self.databases.clone(), Options::default()).verify(self.project).await.expect("verifies");
        assert!(report.is_clean() && report.events == self.events, "{report:?}");
    }

    async fn connection(&self) -> PgConnection {
        PgConnection::connect_with(&self.databases.options(self.project)).await.expect("connects")
    }

    /// As on a server that has run for a while: what was written is on disk, and files for what will be are at hand.
    async fn settle(&self) {
        self.connection().await.execute("CHECKPOINT").await.expect("a checkpoint");
    }

    async fn truncate(&self) {
        let statement = format!("TRUNCATE {}", TABLES.join(", "));
        self.connection().await.execute(AssertSqlSafe(statement)).await.expect("truncates");
    }

    /// What Postgres alone takes for these rows: COPY into bare tables, then the same indexes.
    async fn copy_and_index(&self) -> Duration {
        let mut connection = self.connection().await;
        let mut all = Vec::new();
        connection.execute("CREATE SCHEMA bench").await.expect("created");
        for table in TABLES {
            let (_, bare) = table.split_once('.').expect("with schema");
            connection.execute(AssertSqlSafe(format!("CREATE TABLE bench.{bare} (LIKE {table})"))).await.expect("created");
            let indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname || '.' || tablename = $1";
            let indexes: Vec<String> =
                sqlx::query(indexes).bind(table).fetch_all(&mut connection).await.expect("read").iter().map(|row| row.get(0)).collect();
            let out = connection.copy_out_raw(&format!("COPY {table} TO STDOUT (FORMAT binary)")).await.expect("copies");
            let rows: Vec<u8> = out
                .try_fold(Vec::new(), |mut all, chunk| {
                    all.extend_from_slice(&chunk);
                    std::future::ready(Ok(all))
                })
                .await
                .expect("copies");
            all.push((table, bare, indexes, rows));
        }
        self.settle().await;
        let began = Instant::now();
        let mut transaction = connection.begin().await.expect("begins");
        for (table, bare, indexes, rows) in &all {
            let mut copy = transaction.copy_in_raw(&format!("COPY bench.{bare} FROM STDIN (FORMAT binary)")).await.expect("copies");
            for chunk in rows.chunks(256 * 1024) {
                copy.send(chunk).await.expect("sends");
            }
            copy.finish().await.expect("finishes");
            for index in indexes {
                transaction
                    .execute(AssertSqlSafe(index.replace(&format!(" ON {table} "), &format!(" ON bench.{bare} "))))
                    .await
                    .expect("indexes");
            }
        }
        transaction.commit().await.expect("commits");
        let took = began.elapsed();
        connection.execute("DROP SCHEMA bench CASCADE").await.expect("dropped");
        took
    }
}

/// A line as the other benches have it: what was measured, what it has to be, and whether it is.
fn figure(name: &str, measured: String, goal: String, met: bool) {
    println!("{name:<46} {measured:>14} {goal:>14} {}", if met { "met" } else { "MISS" });
}

/// The process' largest size so far, in KiB.
fn memory_max() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

/// What the process has computed so far, all threads together.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<i64> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().filter_map(|field| field.parse().ok()).collect();
    Duration::from_millis(u64::try_from(fields.get(10).unwrap_or(&0) + fields.get(11).unwrap_or(&0)).unwrap_or(0) * 10)
}
