//! What Meta would never send, and what happens when the log is away or too much comes at once: ingress as a process of its own, so that
//! its memory and its end can be looked at.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod broker;
mod chunked;
mod signed;

use std::time::{Duration, Instant};

use contract::{Recorded, Stream};
use e2e::apart::{Apart, Service, free_port};
use e2e::bodies;
use e2e::process::Program;
use futures::StreamExt;
use futures::future::join_all;
use journal::{ConnectOptions, Filter, Journal, Range};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NUMBER: &str = "207358419203847";
const SECOND: i64 = 1_794_992_403;
const PREVIOUS: &str = "the secret before this one";
const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;
/// How often a body is sent again that was cut off.
const CUT_OFF_MAX: usize = 20;
/// An answer is promised after 5 s without the log; the rest is this machine's.
const REFUSED_MAX: Duration = Duration::from_secs(10);
/// How long a process may take to find out what it lacks.
const END_MAX: Duration = Duration::from_secs(60);
/// What a process may take while it is overrun: the bodies that it lets in together (64 MiB), what becomes of them, and itself.
const MEMORY_BYTES_MAX: u64 = 400 * 1024 * 1024;

/// Ingress and its log.
struct Gate {
    apart: Apart,
    ingress: Service,
    journal: Journal,
}

impl Gate {
    async fn open() -> Self {
        let apart = Apart::start().await;
        let mut ingress = apart.service_with("ingress", &[("PAIGE_META_APP_SECRET_PREVIOUS", PREVIOUS)]);
        apart.ready(&mut ingress).await;
        let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "e2e")).await.unwrap();
        Self { apart, ingress, journal }
    }

    /// None: it was cut off while it still sent, as ingress answers before a large body has come.
    async fn try_post(&self, body: &[u8], signature: Option<&str>) -> Option<u16> {
        let mut request = self.apart.http.post(format!("{}/webhooks/meta", self.ingress.base));
        if let Some(signature) = signature {
            request = request.header(whatsapp::SIGNATURE_HEADER, signature);
        }
        Some(request.body(body.to_vec()).send().await.ok()?.status().as_u16())
    }

    async fn post(&self, body: &[u8], signature: Option<&str>) -> u16 {
        for _ in 0..CUT_OFF_MAX {
            if let Some(status) = self.try_post(body, signature).await {
                return status;
            }
        }
        panic!("no answer to {} bytes in {CUT_OFF_MAX} attempts", body.len())
    }

    fn sign(&self, body: &[u8]) -> String {
        whatsapp::sign(self.apart.keys.meta_app_secret.expose(), body)
    }

    async fn signed(&self, body: Vec<u8>) -> u16 {
        self.post(&body, Some(&self.sign(&body))).await
    }

    async fn stored(&self) -> Vec<Recorded> {
        self.journal.replay(Stream::Webhook, Range::ALL, Filter::all()).map(|event| event.unwrap()).collect().await
    }

    async fn metric(&self, name: &str) -> f64 {
        let text = self.apart.http.get(format!("{}/metrics", self.ingress.base)).send().await.unwrap().text().await.unwrap();
        text.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
    }
}

fn text(wamid: &str) -> Vec<u8> {
    bodies::text(NUMBER, "16505550142", wamid, SECOND, "hello")
}

/// A readable body of exactly this size.
fn padded(wamid: &str, size: usize) -> Vec<u8> {
    let mut body = bodies::text(NUMBER, "16505550142", wamid, SECOND, "PADDING");
    let padding = "x".repeat(size - body.len() + "PADDING".len());
    body = String::from_utf8(body).unwrap().replace("PADDING", &padding).into_bytes();
    assert_eq!(body.len(), size);
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_body_and_a_thousand_changes_are_kept_whole() {
    let gate = Gate::open().await;
    assert_eq!(gate.signed(padded("wamid.large", BODY_BYTES_MAX)).await, 200);
    assert_eq!(gate.signed(padded("wamid.too-large", BODY_BYTES_MAX + 1)).await, 413);
    assert_eq!(gate.signed(vec![b'x'; BODY_BYTES_MAX]).await, 200);
    let large: Vec<usize> = gate.stored().await.iter().rev().take(2).map(|event| event.data.len()).collect();
    assert_eq!(large[0], BODY_BYTES_MAX);
    assert!(large[1] > BODY_BYTES_MAX - 200);

    // A thousand changes in one body: all of them, in order, once.
    let before = gate.stored().await.len();
    let many: Vec<Vec<u8>> = (0..1_000).map(|index| text(&format!("wamid.many.{index:04}"))).collect();
    let many = bodies::together(&many);
    assert_eq!(gate.signed(many.clone()).await, 200);
    assert_eq!(gate.signed(many).await, 200);
    let stored = gate.stored().await;
    let order: Vec<String> = stored[before..].iter().map(wamid_of).collect();
    assert_eq!(order, (0..1_000).map(|index| format!("wamid.many.{index:04}")).collect::<Vec<_>>());
}

fn wamid_of(event: &Recorded) -> String {
    let change: serde_json::Value = serde_json::from_slice(&event.data).unwrap();
    change["value"]["messages"][0]["id"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_log_nothing_is_acknowledged_and_nothing_else_breaks() {
    let mut gate = Gate::open().await;
    assert_eq!(gate.signed(text("wamid.before")).await, 200);

    // A body that never comes does not keep others waiting.
    let address = gate.ingress.base.trim_start_matches("http://").to_owned();
    let slow = tokio::spawn(async move {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /webhooks/meta HTTP/1.1\r\nhost: {address}\r\n{}: sha256=00\r\ncontent-length: 1000\r\n\r\n{{",
            whatsapp::SIGNATURE_HEADER
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let (started, mut answer) = (Instant::now(), vec![0; 64]);
        let read = tokio::time::timeout(Duration::from_secs(30), connection.read(&mut answer)).await.expect("it is answered, or cut");
        (String::from_utf8_lossy(&answer[..read.unwrap_or(0)]).into_owned(), started.elapsed())
    });
    assert_eq!(gate.signed(text("wamid.beside")).await, 200);

    gate.apart.nats.kill().await;
    let started = Instant::now();
    let answers = join_all((0..20).map(|index| gate.signed(text(&format!("wamid.down.{index}"))))).await;
    assert!(answers.iter().all(|status| *status == 503), "{answers:?}");
    assert!(started.elapsed() < REFUSED_MAX, "no answer within 5 s: {:?}", started.elapsed());
    let (status, problem) = gate.apart.request(&gate.ingress, reqwest::Method::GET, "/readyz", None).await.unwrap();
    assert_eq!(status, 503);
    assert!(problem.to_string().contains("nats"), "the cause is not named: {problem}");
    let healthy = gate.apart.request(&gate.ingress, reqwest::Method::GET, "/healthz", None).await.unwrap().0;
    assert_eq!(healthy, 200, "a process that waits for its log is alive");

    gate.apart.nats.restart().await.unwrap();
    let Gate { apart, ingress, .. } = &mut gate;
    apart.ready(ingress).await;
    let answers = join_all((0..20).map(|index| gate.signed(text(&format!("wamid.down.{index}"))))).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    let mut stored: Vec<String> = gate.stored().await.iter().map(wamid_of).collect();
    stored.sort();
    let mut expected: Vec<String> =
        (0..20).map(|index| format!("wamid.down.{index}")).chain(["wamid.before".into(), "wamid.beside".into()]).collect();
    expected.sort();
    assert_eq!(stored, expected, "sent before, during and after the outage: once each");
    let (answer, took) = slow.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && took < Duration::from_secs(25), "{answer:?} after {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_at_once_is_shed_in_bounded_memory_and_then_it_goes_on() {
    const BODIES: usize = 120;
    let mut gate = Gate::open().await;
    let large: Vec<(String, Vec<u8>)> = (0..BODIES)
        .map(|index| (format!("wamid.large.{index:03}"), padded(&format!("wamid.large.{index:03}"), BODY_BYTES_MAX - 10)))
        .collect();
    // Meta sends what was shed again, until all is stored.
    let (mut waiting, mut shed, mut rounds) = (large, 0, 0);
    while !waiting.is_empty() {
        rounds += 1;
        assert!(rounds < 50, "{} bodies are never taken", waiting.len());
        let answers = join_all(waiting.iter().map(async |(_, body)| gate.try_post(body, Some(&gate.sign(body))).await)).await;
        assert!(answers.iter().all(|status| [Some(200), Some(503), None].contains(status)), "{answers:?}");
        assert!(answers.contains(&Some(200)), "nothing gets in");
        shed += answers.iter().filter(|status| **status == Some(503)).count();
        waiting = waiting.into_iter().zip(answers).filter(|(_, status)| *status != Some(200)).map(|(body, _)| body).collect();
    }
    assert!(shed > 0, "{BODIES} bodies of 3 MiB at once, and none was shed");
    let mut stored: Vec<String> = gate.stored().await.iter().map(wamid_of).collect();
    stored.sort();
    assert_eq!(stored, (0..BODIES).map(|index| format!("wamid.large.{index:03}")).collect::<Vec<_>>());
    assert_eq!(gate.signed(text("wamid.small")).await, 200);
    let process = gate.ingress.process.as_mut().unwrap();
    assert_eq!(process.exited(), None);
    if let Some(peak) = process.memory_peak() {
        println!("{BODIES} bodies of 3 MiB at once: shed {shed} times, all taken in {rounds} rounds; at most {} MiB", peak >> 20);
        assert!(peak < MEMORY_BYTES_MAX, "{} MiB", peak >> 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_announced_and_never_come_keep_nobody_out() {
    const SILENT: usize = 200;
    let gate = Gate::open().await;
    let address = gate.ingress.base.trim_start_matches("http://");
    let head = format!("POST /webhooks/meta HTTP/1.1\r\nhost: {address}\r\ncontent-length: {BODY_BYTES_MAX}\r\n\r\n{{");
    let silent = join_all((0..SILENT).map(async |_| {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        connection
    }))
    .await;
    assert_eq!(gate.signed(text("wamid.among.the.silent")).await, 200);
    assert_eq!(gate.signed(padded("wamid.large.among.the.silent", BODY_BYTES_MAX)).await, 200);
    assert_eq!(gate.stored().await.len(), 2);
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_its_log_or_its_keys_says_so_and_ends() {
    let apart = Apart::start().await;
    let start = |without: &str, with: &[(&str, &str)]| {
        let mut env = apart.variables(free_port());
        env.retain(|(name, _)| name != without);
        env.extend(with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let path = e2e::binaries::binary("ingress");
        let log = apart.folder().join(format!("{without}{}.log", with.len()));
        Program { name: "ingress".into(), path, args: Vec::new(), env, log, user: None }.start()
    };
    for (without, with, named) in [
        ("PAIGE_NATS_URL", vec![], "--nats-url"),
        ("PAIGE_META_APP_SECRET", vec![], "--meta-app-secret"),
        ("", vec![("PAIGE_META_APP_SECRET", "")], "secret"),
        ("", vec![("PAIGE_LISTEN", "nowhere")], "--listen"),
        ("", vec![("PAIGE_NATS_REPLICAS", "0")], "--nats-replicas"),
        ("", vec![("PAIGE_API_KEY", "short")], "--api-key"),
        ("", vec![("PAIGE_META_VERIFY_TOKEN", "")], "'--meta-verify-token <TOKEN>'"),
        // Who logs is not there yet.
        ("", vec![("PAIGE_LOG", "a=b=c")], "--log"),
        ("", vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector")], "--otlp-endpoint"),
    ] {
        let mut process = start(without, &with);
        let status = process.ended_within(END_MAX).await;
        assert!(!status.success(), "{without}{with:?}");
        assert!(process.said().contains(named), "{without}{with:?} is not named: {}", process.said());
    }
}
