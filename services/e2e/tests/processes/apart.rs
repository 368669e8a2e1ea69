//! Each service as a process of its own, from its own binary: they meet in the log and nowhere else.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::{Duration, Instant};

use e2e::apart::{Apart, SERVICES, Service, free_port};
use e2e::binaries::binary;
use e2e::bodies;
use e2e::process::Program;
use futures::future::join_all;
use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

const NUMBER: &str = "207358419203847";
const PHONE: &str = "16505550142";
const WAIT_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// Less than NATS is waited for.
const HEARD_MAX: Duration = Duration::from_secs(10);
/// By which check each says that it lacks the platform database. The others go on without it.
const NEED_POSTGRES: [&str; 7] = [
    "access.database",
    "billing.database",
    "databases.server",
    "flow-sync.database",
    "lifecycle.database",
    "media.database",
    "sender.database",
];

fn named<'a>(services: &'a [Service], name: &str) -> &'a Service {
    services.iter().find(|service| service.name == name).unwrap()
}

async fn until(what: &str, condition: impl AsyncFn() -> Result<(), String>) {
    let started = Instant::now();
    while let Err(state) = condition().await {
        assert!(started.elapsed() < WAIT_MAX, "waited in vain until {what}: {state}");
        tokio::time::sleep(POLL).await;
    }
}

async fn call(apart: &Apart, service: &Service, method: Method, path: &str, body: Option<Value>) -> Value {
    let (status, answer) = apart.request(service, method, path, body).await.unwrap_or_else(|| panic!("{} does not answer", service.name));
    assert!((200..300).contains(&status), "{} answered {status} to {path}: {answer}", service.name);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn services_apart_turn_a_message_into_a_row_name_what_they_lack_and_stop_softly() {
    let mut apart = Apart::start().await;
    let mut services: Vec<Service> = SERVICES.into_iter().map(|name| apart.service(name)).collect();
    all_ready(&apart, &mut services).await;
    let project = connected(&apart, named(&services, "lifecycle")).await;

    // Through the simulator's own process, as Meta would send it.
    let mut simulator = apart.meta(named(&services, "ingress"));
    apart.ready(&mut simulator).await;
    let said = Some(json!({ "to": NUMBER, "type": "text", "text": "Hi!" }));
    call(&apart, &simulator, Method::POST, &format!("/sim/api/phones/{PHONE}/messages"), said).await;
    shown(&apart, named(&services, "conversations"), &project, "Hi!").await;
    nobody_gets_in_without_the_key(&apart, &services, &project).await;

    apart.nats.kill().await;
    for service in &services {
        lacks(&apart, service, "nats").await;
        assert_eq!(apart.request(service, Method::GET, "/healthz", None).await.unwrap().0, 200, "{} lives", service.name);
    }
    apart.nats.restart().await.unwrap();
    all_ready(&apart, &mut services).await;

    apart.postgres.kill().await;
    let body = bodies::text(NUMBER, PHONE, "wamid.while.down", 1_794_992_403, "still there?");
    let signature = whatsapp::sign(apart.keys.meta_app_secret.expose(), &body);
    let target = format!("{}/webhooks/meta", named(&services, "ingress").base);
    let post = apart.http.post(&target).header(whatsapp::SIGNATURE_HEADER, signature).body(body);
    assert_eq!(post.send().await.unwrap().status(), 200, "a webhook is kept while every database is down");
    let lacking = NEED_POSTGRES.map(async |check| {
        let (name, _) = check.split_once('.').unwrap();
        lacks(&apart, named(&services, name), &format!("\"/{check}\"")).await;
    });
    join_all(lacking).await;
    apart.postgres.restart().await.unwrap();
    all_ready(&apart, &mut services).await;
    shown(&apart, named(&services, "conversations"), &project, "still there?").await;

    for service in services.iter_mut().chain([&mut simulator]) {
        let process = service.process.as_mut().unwrap();
        let status = process.stop(STOP_MAX).await;
        assert!(status.success(), "{} ended with {status}: {}", service.name, process.said());
        assert!(!process.said().contains("panicked"), "{}: {}", service.name, process.said());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_told_to_stop_while_it_waits_for_nats_stops_at_once() {
    let apart = Apart::start().await;
    for name in SERVICES {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut env = apart.variables(free_port());
        env.push(("PAIGE_NATS_URL".to_owned(), format!("nats://{}", silent.local_addr().unwrap())));
        let log = apart.folder().join(format!("{name}-told.log"));
        let mut process = Program { name: name.into(), path: binary(name), args: Vec::new(), env, log, user: None }.start();
        let asked = timeout(WAIT_MAX, silent.accept()).await;
        let _waits = asked.unwrap_or_else(|_| panic!("{name} asks nobody: {}", process.said())).unwrap();
        process.signal(Signal::SIGTERM);
        let status = process.ended_within(HEARD_MAX).await;
        assert!(status.success(), "{name} ended with {status}: {}", process.said());
    }
}

async fn all_ready(apart: &Apart, services: &mut [Service]) {
    for service in services {
        apart.ready(service).await;
    }
}

/// A project that is ready and has the number; answers its path.
async fn connected(apart: &Apart, lifecycle: &Service) -> String {
    let created = call(apart, lifecycle, Method::POST, "/v1/projects", Some(json!({ "name": "bot" }))).await;
    let project = format!("/v1/projects/{}", created["project"]["id"].as_str().unwrap());
    until("the project is ready", async || {
        let shown = call(apart, lifecycle, Method::GET, &project, None).await;
        if shown["status"] == "ready" { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    call(apart, lifecycle, Method::PUT, &format!("{project}/number"), Some(json!({ "phone_number_id": NUMBER }))).await;
    project
}

/// Until a text is among the person's messages.
async fn shown(apart: &Apart, conversations: &Service, project: &str, text: &str) {
    until(&format!("{text} is shown"), async || {
        let people = format!("{project}/contacts?phone=%2B{PHONE}");
        let found = apart.request(conversations, Method::GET, &people, None).await.unwrap_or_default();
        let Some(contact) = found.1["data"][0]["id"].as_str() else { return Err(format!("{found:?}")) };
        let path = format!("{project}/contacts/{contact}/messages");
        let messages = apart.request(conversations, Method::GET, &path, None).await.unwrap_or_default();
        if messages.1.to_string().contains(text) { Ok(()) } else { Err(format!("{messages:?}")) }
    })
    .await;
}

/// Until a service says that it is not ready, and why.
async fn lacks(apart: &Apart, service: &Service, cause: &str) {
    until(&format!("{} names {cause} as what it lacks", service.name), async || {
        match apart.request(service, Method::GET, "/readyz", None).await {
            Some((503, problem)) if problem.to_string().contains(cause) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

async fn nobody_gets_in_without_the_key(apart: &Apart, services: &[Service], project: &str) {
    for (name, path) in [("lifecycle", ""), ("databases", "/database"), ("conversations", "/contacts")] {
        let service = named(services, name);
        for key in ["", "wrong-key-wrong-key"] {
            let status = apart.http.get(format!("{}{project}{path}", service.base)).bearer_auth(key).send().await.unwrap().status();
            assert_eq!(status, 401, "{name}");
        }
        call(apart, service, Method::GET, &format!("{project}{path}"), None).await;
    }
}
