//! `paige up`, as a newcomer meets it: what it prints works when it is copied, nothing outlives it, and everything is there again.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use contract::{ProjectEvent, Stream};
use e2e::apart::Apart;
use e2e::installation::{Installation, START_MAX};
use e2e::process::Program;
use futures::StreamExt;
use journal::{ConnectOptions, Filter, Journal, Range};
use nix::sys::signal::Signal;
use nix::unistd::User;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

const STOP_MAX: Duration = Duration::from_secs(30);
/// Less than a server is waited for.
const HEARD_MAX: Duration = Duration::from_secs(10);
const WAIT_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// Where it listens if the port is free.
const DEFAULT_PORT: u16 = 8080;

/// Runs a printed line as it is.
fn copied(line: &str) -> Value {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{line} gave {error}: {}", String::from_utf8_lossy(&output.stdout)))
}

/// One life of an installation: first start, what was printed copied, Ctrl-C, a later start, kill -9, a later start, SIGTERM.
#[expect(clippy::print_stdout, reason = "how long a start takes is a figure that people look at")]
async fn lives(user: Option<&User>) {
    // Whoever has the default port already may let it go at any time.
    let busy = TcpListener::bind(("127.0.0.1", DEFAULT_PORT)).ok();
    let paige = Installation::new(user);
    let mut up = paige.start(START_MAX).await;
    println!("first start: {:.1} s", up.took.as_secs_f64());
    assert!(!said(&paige).contains("sync_interval"), "its own server is synced");
    assert!(busy.is_none() || !up.base.ends_with(&format!(":{DEFAULT_PORT}")), "a busy port: {}", up.base);
    for expected in ["/docs", "/sim", "/webhooks/meta", "nats://127.0.0.1:", "postgres://"] {
        assert!(up.text.contains(expected), "{expected} is not printed: {}", up.text);
    }

    let lines: Vec<&str> = up.text.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 3, "{}", up.text);
    let project = copied(lines[0])["project"]["id"].as_str().unwrap().to_owned();
    copied(&lines[1].replace("PROJECT", &project));
    copied(lines[2]);
    let people = format!("/v1/projects/{project}/contacts");
    let started = Instant::now();
    let contact = loop {
        let answer = paige.http.get(format!("{}{people}", up.base)).bearer_auth(&up.key).send().await.unwrap();
        let found: Value = answer.json().await.unwrap();
        // The contact can be there before what they wrote.
        if let (Some(contact), true) = (found["data"][0]["id"].as_str(), found["data"][0]["last_inbound_at"].is_string()) {
            break contact.to_owned();
        }
        assert!(started.elapsed() < WAIT_MAX, "the copied lines made no contact who wrote: {found}");
        tokio::time::sleep(POLL).await;
    };
    for path in ["/docs", "/sim", "/openapi.json", "/healthz", "/readyz", "/metrics"] {
        let status = paige.http.get(format!("{}{path}", up.base)).send().await.unwrap().status();
        assert!(status.is_success(), "{path} answered {status}");
    }
    let keys = std::fs::metadata(paige.folder().join("data/keys.json")).unwrap();
    assert_eq!(keys.permissions().mode() & 0o077, 0, "others may read the keys");

    let messages = format!("/v1/projects/{project}/contacts/{contact}/messages");
    let before = paige.get(&up, &messages).await;
    for signal in [Signal::SIGINT, Signal::SIGKILL, Signal::SIGTERM] {
        let (pid, key) = (up.process.pid(), up.key.clone());
        assert!(paige.processes(pid).len() >= 3, "itself and two servers at least: {:?}", paige.processes(pid));
        match signal {
            // As a terminal does it.
            Signal::SIGINT => up.process.signal_group(signal),
            _ => up.process.signal(signal),
        }
        let status = up.process.ended_within(STOP_MAX).await;
        assert!(status.success() || signal == Signal::SIGKILL, "{signal}: {status}: {}", up.process.said());
        paige.all_gone(pid).await;
        up = paige.start(START_MAX).await;
        println!("start after {signal}: {:.1} s", up.took.as_secs_f64());
        assert_eq!(up.key, key, "the key stays");
        assert_eq!(paige.get(&up, &messages).await, before, "after {signal}");
    }
    let pid = up.process.pid();
    up.process.stop(STOP_MAX).await;
    paige.all_gone(pid).await;
    drop(busy);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_prints_works_nothing_outlives_it_and_everything_is_there_again() {
    lives(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_as_an_ordinary_user() {
    if nix::unistd::geteuid().is_root() {
        let nobody = User::from_name("nobody").unwrap().expect("every system has a user nobody");
        lives(Some(&nobody)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_on_the_same_folder_is_refused_and_harms_nothing() {
    let paige = Installation::new(None);
    let mut up = paige.start(START_MAX).await;
    let mut second = Program { log: paige.folder().join("second.log"), ..paige.program.clone() }.start();
    let status = second.ended_within(STOP_MAX).await;
    assert!(!status.success() && second.said().contains("in use"), "{status}: {}", second.said());
    assert_eq!(paige.get(&up, "/v1/projects").await["data"].as_array().map(Vec::len), Some(0));
    let pid = up.process.pid();
    up.process.stop(STOP_MAX).await;
    paige.all_gone(pid).await;
}

/// Everything that it said since it was made.
fn said(paige: &Installation) -> String {
    std::fs::read_to_string(&paige.program.log).unwrap()
}

/// What runs of it is the process alone.
fn alone(paige: &Installation, pid: u32) -> bool {
    paige.processes(pid).iter().all(|line| line.trim_start().starts_with(&format!("{pid} ")))
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_given_are_used_and_left_running() {
    let mut apart = Apart::start().await;
    let mut paige = Installation::new(None);
    let given = [("PAIGE_NATS_URL", apart.nats.url()), ("PAIGE_DATABASE_URL", apart.database_url.clone())];
    paige.program.env.extend(given.clone().map(|(name, value)| (name.to_owned(), value)));
    let mut up = paige.start(START_MAX).await;
    let pid = up.process.pid();
    for (name, url) in &given {
        assert!(up.text.contains(url), "{name} is not printed: {}", up.text);
    }
    assert!(alone(&paige, pid), "servers of its own: {:?}", paige.processes(pid));
    assert!(said(&paige).contains("sync_interval: always"), "what cannot be asked is not told: {}", said(&paige));
    for server in ["nats", "postgres"] {
        assert!(!paige.folder().join("data").join(server).exists(), "a folder for {server}, which was given");
    }

    let request = paige.http.post(format!("{}/v1/projects", up.base)).bearer_auth(&up.key).json(&json!({ "name": "Elsewhere" }));
    let created: Value = request.send().await.unwrap().json().await.unwrap();
    let project = created["project"]["id"].as_str().unwrap().to_owned();
    let started = Instant::now();
    while paige.get(&up, &format!("/v1/projects/{project}")).await["status"] != "ready" {
        assert!(started.elapsed() < WAIT_MAX, "the project is never ready");
        tokio::time::sleep(POLL).await;
    }
    up.process.signal_group(Signal::SIGINT);
    let status = up.process.ended_within(STOP_MAX).await;
    assert!(status.success(), "{status}: {}", up.process.said());
    paige.all_gone(pid).await;

    // Both still run, and hold what was said.
    assert_eq!(apart.nats.exited(), None);
    let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "e2e")).await.unwrap();
    let events: Vec<_> = journal.replay(Stream::Project, Range::ALL, Filter::all()).collect().await;
    let is_ready = |event: &contract::Recorded| {
        event.subject.project_id().is_some_and(|id| id.to_string() == project)
            && matches!(contract::Event::decode(event), Ok(ProjectEvent::ProjectReady(_)))
    };
    assert!(events.iter().any(|event| is_ready(event.as_ref().unwrap())), "the log that was given does not know the project");
    let mut platform = PgConnection::connect(&apart.database_url).await.unwrap();
    let made = r"SELECT count(*) FROM pg_database WHERE datname LIKE 'paige\_prj%'";
    assert_eq!(sqlx::query_scalar::<_, i64>(made).fetch_one(&mut platform).await.unwrap(), 1, "a database on the server that was given");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_in_the_middle_of_a_start_leaves_nothing() {
    let paige = Installation::new(None);
    let mut process = paige.program.start();
    let (pid, started) = (process.pid(), Instant::now());
    while alone(&paige, pid) {
        assert!(started.elapsed() < START_MAX, "no server is started: {}", process.said());
        tokio::time::sleep(POLL).await;
    }
    process.signal_group(Signal::SIGINT);
    let status = process.ended_within(STOP_MAX).await;
    assert!(status.success(), "{status}: {}", process.said());
    paige.all_gone(pid).await;
    // And it is no worse for it.
    let mut up = paige.start(START_MAX).await;
    let pid = up.process.pid();
    up.process.stop(STOP_MAX).await;
    paige.all_gone(pid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_is_heard_while_a_server_that_was_given_says_nothing() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut paige = Installation::new(None);
    let url = format!("postgres://paige@{}/paige", silent.local_addr().unwrap());
    paige.program.env.push(("PAIGE_DATABASE_URL".to_owned(), url));
    let mut process = paige.program.start();
    let pid = process.pid();
    let asked = tokio::time::timeout(START_MAX, silent.accept()).await;
    let _waits = asked.unwrap_or_else(|_| panic!("it is not asked: {}", process.said())).unwrap();
    process.signal_group(Signal::SIGINT);
    let status = process.ended_within(HEARD_MAX).await;
    assert!(status.success(), "{status}: {}", process.said());
    paige.all_gone(pid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_is_what_it_is_told() {
    let mut paige = Installation::new(None);
    let mut wrong = paige.program.clone();
    wrong.env.push(("PAIGE_PLAN_CURRENCY".to_owned(), "usd".to_owned()));
    let mut refused = wrong.start();
    let status = refused.ended_within(STOP_MAX).await;
    assert!(!status.success() && refused.said().contains("unusable billing terms"), "{status}: {}", refused.said());

    let told = [("PAIGE_PLAN_AMOUNT_MINOR", "9900"), ("PAIGE_PLAN_CURRENCY", "USD"), ("PAIGE_TRIAL_DAYS", "3")];
    paige.program.env.extend(told.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let mut up = paige.start(START_MAX).await;
    let post = async |path: &str, body: Value| -> Value {
        let request = paige.http.post(format!("{}{path}", up.base)).bearer_auth(&up.key).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap()
    };
    let until = async |path: &str, field: &str, wanted: &str| -> Value {
        let started = Instant::now();
        loop {
            let shown = paige.get(&up, path).await;
            if shown[field] == wanted {
                return shown;
            }
            assert!(started.elapsed() < WAIT_MAX, "{field} is never {wanted}: {shown}");
            tokio::time::sleep(POLL).await;
        }
    };
    let created = post("/v1/projects", json!({ "name": "Elsewhere" })).await;
    let project = format!("/v1/projects/{}", created["project"]["id"].as_str().unwrap());
    until(&project, "status", "ready").await;
    let subscription = format!("{project}/subscription");
    let page = post(&format!("{subscription}/pay"), json!({ "email": "ada@example.com" })).await;
    let paid = paige.http.post(format!("{}/payment", page["authorization_url"].as_str().unwrap())).send().await.unwrap();
    assert!(paid.status().is_success(), "{paid:?}");
    let active = until(&subscription, "state", "active").await;
    let instant = |value: &Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(instant(&active["trial"]["ends_at"]) - instant(&active["trial"]["starts_at"]), chrono::TimeDelta::days(3));
    let payment = paige.get(&up, &format!("{project}/payments")).await["data"][0].clone();
    for shown in [&page["payment"], &active["plan"], &active["next_charge"], &payment] {
        assert_eq!((&shown["amount_minor"], &shown["currency"]), (&json!(9_900), &json!("USD")), "{shown}");
    }
    assert_eq!(payment["status"], "succeeded");
    let pid = up.process.pid();
    up.process.stop(STOP_MAX).await;
    paige.all_gone(pid).await;
}
