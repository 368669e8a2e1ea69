//! Each service as a process of its own, from its own binary: they meet in the log and nowhere else.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::apart::{Apart, SERVICES, Service};
use e2e::{binaries, bodies};
use reqwest::Method;
use serde_json::{Value, json};

const NUMBER: &str = "207358419203847";
const PHONE: &str = "16505550142";
const WAIT_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);

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
    for service in &mut services {
        apart.ready(service).await;
    }
    let created = call(&apart, named(&services, "lifecycle"), Method::POST, "/v1/projects", Some(json!({ "name": "bot" }))).await;
    let project = format!("/v1/projects/{}", created["project"]["id"].as_str().unwrap());
    until("the project is ready", async || {
        let shown = call(&apart, named(&services, "lifecycle"), Method::GET, &project, None).await;
        if shown["status"] == "ready" { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    let number = Some(json!({ "phone_number_id": NUMBER }));
    call(&apart, named(&services, "lifecycle"), Method::PUT, &format!("{project}/number"), number).await;

    // Through the simulator's own process, as Meta would send it.
    let target = format!("{}/webhooks/meta", named(&services, "ingress").base);
    let mut simulator = apart.serving("simulator", &["serve"], &[("PAIGE_SIMULATOR_TARGET", &target)]);
    apart.ready(&mut simulator).await;
    let said = Some(json!({ "to": NUMBER, "type": "text", "text": "Hi!" }));
    call(&apart, &simulator, Method::POST, &format!("/sim/api/phones/{PHONE}/messages"), said).await;
    let conversations = named(&services, "conversations");
    let people = format!("{project}/contacts?phone=%2B{PHONE}");
    until("the person is shown", async || {
        let found = call(&apart, conversations, Method::GET, &people, None).await;
        if found["data"][0]["id"].is_string() { Ok(()) } else { Err(found.to_string()) }
    })
    .await;
    let contact = call(&apart, conversations, Method::GET, &people, None).await["data"][0]["id"].as_str().unwrap().to_owned();
    until("the message is shown", async || {
        let messages = call(&apart, conversations, Method::GET, &format!("{project}/contacts/{contact}/messages"), None).await;
        if messages["data"][0]["text"] == "Hi!" { Ok(()) } else { Err(messages.to_string()) }
    })
    .await;

    // Nobody gets in without the key, whichever process it is.
    for service in services.iter().filter(|service| ["lifecycle", "databases", "conversations"].contains(&service.name)) {
        let path = format!("{}{project}{}", service.base, if service.name == "databases" { "/database" } else { "" });
        for key in ["", "wrong-key-wrong-key"] {
            let status = apart.http.get(&path).bearer_auth(key).send().await.unwrap().status();
            assert_eq!(status, 401, "{}", service.name);
        }
    }

    // Without the log: alive, not ready, and says why.
    apart.nats.kill().await;
    for service in &services {
        until(&format!("{} names the log as what it lacks", service.name), async || {
            match apart.request(service, Method::GET, "/readyz", None).await {
                Some((503, problem)) if problem.to_string().contains("nats") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        assert_eq!(apart.request(service, Method::GET, "/healthz", None).await.unwrap().0, 200, "{} lives", service.name);
    }
    apart.nats.restart().await.unwrap();
    // Without the databases: those that need them say so, ingress does not need them.
    for service in &mut services {
        apart.ready(service).await;
    }
    apart.postgres.kill().await;
    let ingress = named(&services, "ingress");
    let body = bodies::text(NUMBER, PHONE, "wamid.while.down", 1_794_992_403, "still there?");
    let signature = whatsapp::sign(apart.keys.meta_app_secret.expose(), &body);
    let post = apart.http.post(format!("{}/webhooks/meta", ingress.base)).header(whatsapp::SIGNATURE_HEADER, signature).body(body);
    assert_eq!(post.send().await.unwrap().status(), 200, "a webhook is kept while every database is down");
    until("lifecycle names its database as what it lacks", async || {
        match apart.request(named(&services, "lifecycle"), Method::GET, "/readyz", None).await {
            Some((503, _)) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    apart.postgres.restart().await.unwrap();
    for service in &mut services {
        apart.ready(service).await;
    }
    until("the message of the outage is shown", async || {
        let path = format!("{project}/contacts/{contact}/messages");
        let messages = apart.request(named(&services, "conversations"), Method::GET, &path, None).await;
        let shown = messages.as_ref().is_some_and(|(status, found)| *status == 200 && found.to_string().contains("still there?"));
        if shown { Ok(()) } else { Err(format!("{messages:?}")) }
    })
    .await;

    // Told to stop, each ends by itself and in peace.
    for service in services.iter_mut().chain([&mut simulator]) {
        let process = service.process.as_mut().unwrap();
        let status = process.stop(STOP_MAX).await;
        assert!(status.success(), "{} ended with {status}: {}", service.name, process.said());
        assert!(!process.said().contains("panicked"), "{}: {}", service.name, process.said());
    }
}

/// Variables of README's table; every one is in some program's help, and every one of a help is in the table.
#[test]
fn the_help_of_the_programs_and_the_readme_name_the_same_variables() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let table = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).filter(|name| name.starts_with(PREFIX));
    let table: BTreeSet<String> = table.map(str::to_owned).collect();
    assert!(table.len() > 10, "{table:?}");
    let alone = SERVICES.into_iter().map(|name| (name, ""));
    let verbs = [("replay", ""), ("replay", "verify"), ("simulator", ""), ("simulator", "serve"), ("paige", ""), ("paige", "up"), ("paige", "demo")];
    let mut helped = BTreeSet::new();
    for (program, verb) in alone.chain(verbs) {
        let mut command = Command::new(binaries::binary(program));
        let output = command.args(verb.split_whitespace()).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && help.contains("Usage:"), "{program} {verb}: {}", String::from_utf8_lossy(&output.stderr));
        for (start, _) in help.match_indices(PREFIX) {
            helped.insert(help[start..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect::<String>());
        }
    }
    // Read by the code that fetches programs, before any command line is.
    helped.insert(format!("{PREFIX}CACHE"));
    assert_eq!(helped, table);
}

const PREFIX: &str = concat!("PAI", "GE_");
