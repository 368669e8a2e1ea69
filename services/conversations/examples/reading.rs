//! How fast lists and histories are read with a million messages in a project, beside bare `SELECT`s of the same rows through sqlx.
//!
//! `cargo run --release -p conversations --example reading`. Requests go through the whole stack of the site, without a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use contract::{Context, Event, EventId, ProjectCreated, ProjectEvent, ProjectId, ProjectReady, Stream, Subject};
use conversations::Conversations;
use embedded::{Nats, Postgres};
use http_body_util::BodyExt;
use journal::{ConnectOptions, Expect, Journal};
use projections::database_name;
use projects::{Catalogue, Projects};
use sqlx::{Connection, PgConnection, PgPool};
use tower::ServiceExt;
use ulid::Ulid;

const KEY: &str = "bench-key-0123456789";
const AT_ONCE: usize = 8;
const EACH: Duration = Duration::from_secs(4);
const CONVERSATIONS: u64 = 20_000;

const FILL: [&str; 4] = [
    "INSERT INTO public.contacts (id, phone, wa_id, bsuid, name, preferences, first_seen_at, last_message_at, profile_at, version)
     SELECT 'con_' || lpad(n::text, 26, '0'), '+1650' || n, '1650' || n, 'US.' || n, 'Ana ' || n, '{}', to_timestamp(n), to_timestamp(n), now(), n
       FROM generate_series(0, 19999) AS n",
    "INSERT INTO public.conversations (id, contact_id, state, state_version, opened_at, closed_at, last_message_at, message_count, version)
     SELECT 'cnv_' || lpad(n::text, 26, '0'), 'con_' || lpad((n % 20000)::text, 26, '0'), 'state ' || n % 10, 0, to_timestamp(n),
            CASE WHEN n % 7 <> 0 THEN now() END, to_timestamp(n), 50, n
       FROM generate_series(0, 99999) AS n",
    "INSERT INTO public.messages (id, conversation_id, contact_id, wamid, direction, origin, type, text, sent_at, recorded_at, content, sequence)
     SELECT 'msg_' || lpad(n::text, 26, '0'), 'cnv_' || lpad((n % 20000)::text, 26, '0'), 'con_' || lpad((n % 20000)::text, 26, '0'),
            'wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQzQTdBNUE2' || n, 'inbound', 'live', 'text', 'hello, this is message ' || n, to_timestamp(n), now(),
            ('{\"from\":\"16505550142\",\"from_user_id\":\"US.13491208655302741918\",\"id\":\"wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQzQTdBNUE2'
             || n || '\",\"timestamp\":\"1794992403\",\"type\":\"text\",\"text\":{\"body\":\"hello, this is message ' || n || '\"}}')::json, n
       FROM generate_series(0, 999999) AS n",
    "VACUUM ANALYZE",
];

#[tokio::main]
async fn main() {
    let (nats, postgres) = tokio::try_join!(Nats::scratch(), Postgres::scratch()).expect("servers");
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "reading")).await.expect("the log");
    journal.open(&Stream::ALL).await.expect("streams");
    let project = ProjectId::from_ulid(Ulid::from_parts(1, 1));
    make(&journal, &postgres, project).await;
    let databases = conversations::databases(postgres.admin_url().parse().expect("a url"));
    let pool = databases.pool(project);
    let mut connection = PgConnection::connect_with(&databases.options(project)).await.expect("connects");
    for statement in FILL {
        sqlx::query(statement).execute(&mut connection).await.expect("rows");
    }
    let projects = Projects::start(journal.clone()).await.expect("projects");
    let ids = Ids::new(Clock::System);
    let catalogue = Catalogue::new(journal.clone());
    let conversations = Conversations::new(journal, projects, catalogue, databases, Clock::System, ids);
    let site = Site::new("Reading", Secret::new(KEY), Health::new(), Metrics::install().expect("metrics"), Ids::new(Clock::System));
    let router = site.finish(conversations::routes(conversations)).expect("every route says what it needs");
    let id = |kind: &str, n: u64| format!("{kind}_{:0>26}", n * 7_919 % CONVERSATIONS);
    let base = format!("/v1/projects/{project}");

    bare(&pool, "SELECT * FROM public.messages WHERE conversation_id = $1 ORDER BY sent_at, sequence LIMIT 51", move |n| id("cnv", n))
        .await;
    ask(&router, "history of a conversation, 50", {
        let base = base.clone();
        move |n| format!("{base}/conversations/{}/messages", id("cnv", n))
    })
    .await;
    ask(&router, "the same, latest first, 20", {
        let base = base.clone();
        move |n| format!("{base}/conversations/{}/messages?order=desc&limit=20", id("cnv", n))
    })
    .await;
    ask(&router, "history of a contact, 50", {
        let base = base.clone();
        move |n| format!("{base}/contacts/{}/messages", id("con", n))
    })
    .await;
    bare(&pool, "SELECT * FROM public.messages WHERE id = $1", move |n| id("msg", n)).await;
    ask(&router, "one message", {
        let base = base.clone();
        move |n| format!("{base}/messages/{}", id("msg", n))
    })
    .await;
    bare(&pool, "SELECT * FROM public.contacts WHERE id <> $1 AND merged_into IS NULL ORDER BY coalesce(last_message_at, first_seen_at) DESC, id DESC LIMIT 51", move |n| id("con", n)).await;
    ask(&router, "contacts, 50", {
        let base = base.clone();
        move |_| format!("{base}/contacts")
    })
    .await;
    ask(&router, "conversations, 50", {
        let base = base.clone();
        move |_| format!("{base}/conversations")
    })
    .await;
    ask(&router, "open conversations of a state, 50", {
        let base = base.clone();
        move |n| format!("{base}/conversations?status=open&state=state%20{}", n % 10)
    })
    .await;
    ask(&router, "states", move |_| format!("{base}/conversations/states")).await;
}

async fn make(journal: &Journal, postgres: &Postgres, project: ProjectId) {
    let url = postgres.create_database(&database_name(project)).await.expect("a database");
    let mut connection = PgConnection::connect(&url).await.expect("connects");
    projections::migrate(&mut connection).await.expect("tables");
    let created =
        ProjectCreated { name: "Reading".into(), conversation_idle_seconds: None, workspace: contract::WorkspaceId::INSTALLATION };
    let facts: [ProjectEvent; 2] = [created.into(), ProjectReady {}.into()];
    let envelope = |fact: ProjectEvent| {
        let id = EventId::derive(fact.event_type(), &[&project.to_string()]);
        fact.into_new(id, "/reading", Clock::System.now(), Context::default())
    };
    journal.append(&Subject::project(project), Expect::Any, facts.map(envelope).into()).await.expect("appended");
}

async fn bare(pool: &PgPool, statement: &'static str, key: impl Fn(u64) -> String + Send + Sync + Copy + 'static) {
    let pool = pool.clone();
    measure("bare SELECT", move |n| {
        let pool = pool.clone();
        async move {
            sqlx::query(statement).bind(key(n)).fetch_all(&pool).await.expect("rows");
        }
    })
    .await;
}

async fn ask(router: &Router, what: &str, path: impl Fn(u64) -> String + Send + Sync + 'static) {
    let router = router.clone();
    measure(what, move |n| {
        let request = Request::get(path(n)).header("authorization", format!("Bearer {KEY}")).body(Body::empty()).expect("a request");
        let router = router.clone();
        async move {
            let response = router.oneshot(request).await.expect("an answer");
            assert_eq!(response.status(), 200);
            response.into_body().collect().await.expect("a body");
        }
    })
    .await;
}

async fn measure<F: Future<Output = ()> + Send>(what: &str, once: impl Fn(u64) -> F + Send + Sync + 'static) {
    let (once, next, until) = (Arc::new(once), Arc::new(AtomicU64::new(0)), Instant::now() + EACH);
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (once, next) = (Arc::clone(&once), Arc::clone(&next));
            tokio::spawn(async move {
                let mut took = Vec::new();
                while Instant::now() < until {
                    let began = Instant::now();
                    once(next.fetch_add(1, Ordering::Relaxed)).await;
                    took.push(began.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for worker in workers {
        took.extend(worker.await.expect("a worker"));
    }
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    eprintln!("{what:<36} {:>7.0}/s   p50 {:>6.2} ms   p99 {:>6.2} ms", took.len() as f64 / EACH.as_secs_f64(), at(0.5), at(0.99));
}
