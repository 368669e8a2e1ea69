//! A broker that is there and wrong: one whose stream somebody has changed.

use std::time::Duration;

use contract::Stream;
use e2e::apart::{Apart, free_port};
use e2e::process::Program;
use journal::{ConnectOptions, Journal};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const END_MAX: Duration = Duration::from_secs(20);
/// Far from what webhooks are kept for.
const ANOTHER_AGE: Duration = Duration::from_secs(24 * 3_600);

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
