//! A deleted project is nowhere: not in the log, not in a database, not among objects, not in metrics, not in what services say. And its
//! neighbour, on the same servers, has not lost a word.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use contract::{ProjectId, Stream};
use e2e::apart::{Apart, SERVICES, Service};
use e2e::{Stage, bodies};

use futures::StreamExt;
use journal::{ConnectOptions, Filter, Journal, Range};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

/// What nobody but the deleted project says, writes or is called.
const NAME: &str = "Quxzoo bakery";
const WORDS: &str = "vrempt-qolta-9217";
const CODE: &str = "snorvat_mipquel";
const PHONE: &str = "16505559971";
const NUMBER: &str = "998877665544331";
const MARKERS: [&str; 5] = [NAME, WORDS, CODE, PHONE, NUMBER];
const NEIGHBOUR: &str = "207358419203847";
const MESSAGES: u32 = 40;
const WAIT_MAX: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);

async fn until(what: &str, condition: impl AsyncFn() -> Result<(), String>) {
    let started = Instant::now();
    while let Err(state) = condition().await {
        assert!(started.elapsed() < WAIT_MAX, "waited in vain until {what}: {state}");
        tokio::time::sleep(POLL).await;
    }
}

/// The markers in a text, by name.
fn found(place: &str, text: &str) -> Vec<String> {
    MARKERS.into_iter().filter(|marker| text.contains(marker)).map(|marker| format!("{marker} in {place}")).collect()
}

async fn in_the_log(journal: &Journal) -> Vec<String> {
    let mut traces = Vec::new();
    for stream in Stream::ALL {
        let mut events = std::pin::pin!(journal.replay(stream, Range::ALL, Filter::all()));
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            let text = format!("{} {:?} {:?} {}", event.subject, event.context, event.extensions, String::from_utf8_lossy(&event.data));
            traces.extend(found(&format!("{} {} {}", event.subject, event.sequence, event.event_type.as_str()), &text));
        }
    }
    traces
}

/// Subjects that name the project, with how many events they have.
async fn subjects_of(journal: &Journal, project: ProjectId) -> Vec<String> {
    let mut subjects = Vec::new();
    for stream in Stream::ALL {
        let named = journal.subjects(stream, ">").await.unwrap();
        subjects
            .extend(named.into_iter().filter(|(subject, _)| subject.contains(&project.to_string())).map(|(name, n)| format!("{name} {n}")));
    }
    subjects
}

async fn in_the_platform(platform: &PgPool, project: ProjectId) -> Vec<String> {
    const TABLES: &str =
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    const NAMED: &str =
        "SELECT datname::text FROM pg_database WHERE datname LIKE $1 UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname LIKE $1";
    let of_project = format!("%{}%", project.to_string().to_lowercase());
    let mut traces: Vec<String> = sqlx::query_scalar(NAMED).bind(of_project).fetch_all(platform).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(platform).await.unwrap();
    assert!(tables.len() > 3, "{tables:?}");
    for table in tables {
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT t::text FROM {table} t"))).fetch_all(platform).await.unwrap();
        traces.extend(rows.iter().flat_map(|row| found(&table, row)));
    }
    traces
}

/// In names and contents of files below `folder`.
fn in_files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut traces = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.display().to_string();
        traces.extend(found("the name of a file", &name));
        match path.is_dir() {
            true => traces.extend(in_files(&path)),
            // One that goes away meanwhile holds nothing.
            false => traces.extend(found(&name, &String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()))),
        }
    }
    traces
}

/// How many messages a project has, by its API.
async fn messages(list: impl AsyncFn(&str) -> Value) -> usize {
    let mut count = 0;
    let contacts = list("contacts?limit=100").await;
    for contact in contacts["data"].as_array().cloned().unwrap_or_default() {
        let path = format!("contacts/{}/messages?limit=100", contact["id"].as_str().unwrap());
        count += list(&path).await["data"].as_array().map_or(0, Vec::len);
    }
    count
}

struct Field {
    apart: Apart,
    services: Vec<Service>,
    journal: Journal,
    platform: PgPool,
}

impl Field {
    async fn start() -> Self {
        let apart = Apart::start().await;
        let mut services: Vec<Service> = SERVICES.into_iter().map(|name| apart.service(name)).collect();
        for service in &mut services {
            apart.ready(service).await;
        }
        let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "erased")).await.unwrap();
        let options = PgConnectOptions::from_str(&apart.database_url).unwrap();
        let platform = PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap();
        Self { apart, services, journal, platform }
    }

    async fn call(&self, service: &str, method: Method, path: &str, body: Option<Value>) -> Value {
        let service = self.services.iter().find(|one| one.name == service).unwrap();
        let (status, answer) = self.apart.request(service, method, path, body).await.unwrap();
        assert!((200..300).contains(&status), "{} answered {status} to {path}: {answer}", service.name);
        answer
    }

    async fn project(&self, name: &str, number: &str) -> ProjectId {
        let created = self.call("lifecycle", Method::POST, "/v1/projects", Some(json!({ "name": name }))).await;
        let id: ProjectId = created["project"]["id"].as_str().unwrap().parse().unwrap();
        until(&format!("{name} is ready"), async || {
            let shown = self.call("lifecycle", Method::GET, &format!("/v1/projects/{id}"), None).await;
            if shown["status"] == "ready" { Ok(()) } else { Err(shown.to_string()) }
        })
        .await;
        self.call("lifecycle", Method::PUT, &format!("/v1/projects/{id}/number"), Some(json!({ "phone_number_id": number }))).await;
        id
    }

    async fn receive(&self, number: &str, from: &str, n: u32, words: &str) {
        let body = bodies::text(number, from, &format!("wamid.{number}.{n}"), 1_794_992_403 + i64::from(n), words);
        let signature = whatsapp::sign(self.apart.keys.meta_app_secret.expose(), &body);
        let target = format!("{}/webhooks/meta", self.services.iter().find(|one| one.name == "ingress").unwrap().base);
        let sent = self.apart.http.post(target).header(whatsapp::SIGNATURE_HEADER, signature).body(body).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }

    async fn count(&self, project: ProjectId) -> usize {
        messages(async |path| self.call("conversations", Method::GET, &format!("/v1/projects/{project}/{path}"), None).await).await
    }

    async fn until_recorded(&self, project: ProjectId, wanted: u32) {
        until(&format!("{wanted} messages of {project}"), async || match self.count(project).await {
            count if count == wanted as usize => Ok(()),
            count => Err(count.to_string()),
        })
        .await;
    }

    async fn traces(&self, project: ProjectId) -> Vec<String> {
        let mut traces = in_the_log(&self.journal).await;
        traces.extend(in_the_platform(&self.platform, project).await);
        // Objects, and what every service has said.
        traces.extend(in_files(self.apart.folder()));
        for service in &self.services {
            let metrics = self.apart.http.get(format!("{}/metrics", service.base)).send().await.unwrap().text().await.unwrap();
            traces.extend(found(&format!("metrics of {}", service.name), &metrics));
        }
        traces
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_project_is_found_nowhere_and_its_neighbour_is_whole() {
    let field = Field::start().await;
    let (gone, kept) = (field.project(NAME, NUMBER).await, field.project("Corner shop", NEIGHBOUR).await);
    let files = json!({ "files": { "index.js": { "text": format!("// {CODE}\n") } }, "message": format!("says {CODE}") });
    field.call("bots", Method::PUT, &format!("/v1/projects/{gone}/code"), Some(files)).await;
    for n in 0..MESSAGES {
        field.receive(NUMBER, PHONE, n, WORDS).await;
        field.receive(NEIGHBOUR, "16505550142", n, "hello").await;
    }
    field.until_recorded(gone, MESSAGES).await;
    field.until_recorded(kept, MESSAGES).await;
    let before = field.traces(gone).await;
    for marker in MARKERS {
        assert!(
            before.iter().any(|trace| trace.starts_with(marker)),
            "{marker} was never anywhere, so not finding it proves nothing: {before:?}"
        );
    }

    let confirm = Some(json!({ "confirm": NAME }));
    let operation = field.call("lifecycle", Method::DELETE, &format!("/v1/projects/{gone}"), confirm).await;
    // What comes after that, while it goes, is nobody's.
    for n in MESSAGES..MESSAGES + 5 {
        field.receive(NEIGHBOUR, "16505550142", n, "still here").await;
    }
    let operation = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    until("the deletion has succeeded", async || {
        let shown = field.call("lifecycle", Method::GET, &operation, None).await;
        if shown["status"] == "succeeded" { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    until("nothing is left", async || match field.traces(gone).await {
        traces if traces.is_empty() => Ok(()),
        traces => Err(format!("{traces:#?}")),
    })
    .await;
    assert_eq!(subjects_of(&field.journal, gone).await, [format!("project.{gone} 1")], "one fact is left");
    field.until_recorded(kept, MESSAGES + 5).await;
    let held = field.journal.parked().await.unwrap();
    assert!(held.is_empty(), "{held:?}");

    // Its number is free, also for somebody else, who begins with nothing.
    let next = field.project("Next tenant", NUMBER).await;
    field.receive(NUMBER, "16505550177", 900, "good morning").await;
    field.until_recorded(next, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overwritten_is_not_even_on_the_brokers_disk() {
    let stage = Stage::start().await;
    let gone = stage.connected(NAME, NUMBER).await;
    for n in 0..10 {
        let body = bodies::text(NUMBER, PHONE, &format!("wamid.{n}"), 1_794_992_403, WORDS);
        assert_eq!(stage.webhook(body).await, 200);
    }
    until("10 messages", async || {
        let list = async |path: &str| stage.call(Method::GET, &format!("/v1/projects/{gone}/{path}"), None).await;
        match messages(list).await {
            10 => Ok(()),
            count => Err(count.to_string()),
        }
    })
    .await;
    let log = stage.nats.log_path();
    let store = log.parent().unwrap();
    assert!(!in_files(store).is_empty(), "looked in the wrong place");

    let confirm = Some(json!({ "confirm": NAME, "overwrite": true }));
    let operation = stage.call(Method::DELETE, &format!("/v1/projects/{gone}"), confirm).await;
    let operation = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    until("the deletion has succeeded", async || {
        let shown = stage.call(Method::GET, &operation, None).await;
        if shown["status"] == "succeeded" { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    until("nothing is left", async || match in_files(store) {
        traces if traces.is_empty() => Ok(()),
        traces => Err(format!("{traces:#?}")),
    })
    .await;
    stage.finish(0).await;
}
