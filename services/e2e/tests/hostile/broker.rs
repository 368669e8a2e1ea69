//! A broker that is there and wrong: one that says nothing any more, and one whose stream somebody has changed.

use std::time::{Duration, Instant};

use contract::Stream;
use e2e::apart::{Apart, free_port};
use e2e::process::Program;
use futures::future::join_all;
use journal::{ConnectOptions, Journal};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::{END_MAX, Gate, REFUSED_MAX, text, wamid_of};

/// Far from what webhooks are kept for.
const ANOTHER_AGE: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_falls_silent_costs_no_webhook_and_doubles_none() {
    let mut gate = Gate::open().await;
    let bodies = |round: &str| (0..20).map(|index| text(&format!("wamid.{round}.{index:02}"))).collect::<Vec<_>>();
    let all = async |gate: &Gate, bodies: Vec<Vec<u8>>| join_all(bodies.into_iter().map(|body| gate.signed(body))).await;
    assert_eq!(all(&gate, bodies("before")).await, [200; 20]);

    let broker = Pid::from_raw(gate.apart.nats.pid().cast_signed());
    kill(broker, Signal::SIGSTOP).unwrap();
    // At once, and those that come while the first ones wait.
    for round in ["silent", "silent-too"] {
        let started = Instant::now();
        let answers = all(&gate, bodies(round)).await;
        println!("{round}: refused after {:.1} s", started.elapsed().as_secs_f64());
        assert_eq!(answers, [503; 20], "{round}");
        assert!(started.elapsed() < REFUSED_MAX, "{round}: no answer within 5 s, but after {:?}", started.elapsed());
    }
    let healthy = gate.apart.request(&gate.ingress, reqwest::Method::GET, "/healthz", None).await.unwrap().0;
    assert_eq!(healthy, 200, "a process that waits for its log is alive");

    kill(broker, Signal::SIGCONT).unwrap();
    let Gate { apart, ingress, .. } = &mut gate;
    apart.ready(ingress).await;
    // Meta sends again what it got no 200 for, and now and then also what it got one for.
    for round in ["silent", "silent-too", "before", "after"] {
        assert_eq!(all(&gate, bodies(round)).await, [200; 20], "{round}");
    }
    let mut stored: Vec<String> = gate.stored().await.iter().map(wamid_of).collect();
    stored.sort();
    let rounds = ["after", "before", "silent", "silent-too"];
    let mut expected: Vec<String> = rounds.iter().flat_map(|round| (0..20).map(move |index| format!("wamid.{round}.{index:02}"))).collect();
    expected.sort();
    assert_eq!(stored, expected, "acknowledged and refused ones: once each");
}

/// Requests of JetStream's, in the few words of the protocol that they take: the client of the journal changes no stream.
struct Operator(BufReader<TcpStream>);

impl Operator {
    async fn connect(apart: &Apart) -> Self {
        let mut connection = BufReader::new(TcpStream::connect(("127.0.0.1", apart.nats.port())).await.unwrap());
        connection.write_all(b"CONNECT {\"verbose\":false}\r\nSUB answers 1\r\n").await.unwrap();
        Self(connection)
    }

    async fn ask(&mut self, subject: &str, body: &str) -> Value {
        self.0.write_all(format!("PUB {subject} answers {}\r\n{body}\r\n", body.len()).as_bytes()).await.unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0, "the broker hangs up");
            if let Some(length) = line.strip_prefix("MSG ").and_then(|rest| rest.split_whitespace().last()) {
                let mut answer = vec![0; length.parse::<usize>().unwrap()];
                self.0.read_exact(&mut answer).await.unwrap();
                let answer: Value = serde_json::from_slice(&answer).unwrap();
                assert_eq!(answer.get("error"), None, "{subject}");
                return answer;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_finds_a_stream_changed_names_stream_and_field_and_ends() {
    let apart = Apart::start().await;
    let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "e2e")).await.unwrap();
    journal.open(&Stream::ALL).await.unwrap();
    let mut operator = Operator::connect(&apart).await;
    let mut settings = operator.ask("$JS.API.STREAM.INFO.webhook", "").await["config"].take();
    let age = |age: Duration| u64::try_from(age.as_nanos()).unwrap();
    let as_defined = settings["max_age"].clone();
    settings["max_age"] = json!(age(ANOTHER_AGE));
    operator.ask("$JS.API.STREAM.UPDATE.webhook", &settings.to_string()).await;

    // Who writes it, and who reads it.
    for name in ["ingress", "recorder"] {
        let log = apart.folder().join(format!("{name}.log"));
        let (path, env) = (e2e::binaries::binary(name), apart.variables(free_port()));
        let mut process = Program { name: name.into(), path, args: Vec::new(), env, log, user: None }.start();
        let status = process.ended_within(END_MAX).await;
        let said = process.said();
        assert!(!status.success(), "{name}: {said}");
        let cause = format!("stream webhook differs from its definition: max_age should be {as_defined} and is {}", age(ANOTHER_AGE));
        assert!(said.contains(&cause), "{name} does not say what differs: {said}");
    }
    // Nobody has changed it back.
    let found = operator.ask("$JS.API.STREAM.INFO.webhook", "").await;
    assert_eq!(found["config"]["max_age"], age(ANOTHER_AGE));
}
