//! Enough of the NATS protocol to ask JetStream one question: these tests are below the journal, which has the real client.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Publishes a request and gives the answer's body.
pub(crate) fn ask(port: u16, subject: &str, body: &str) -> String {
    answer_to(port, &format!("PUB {subject} answer {}\r\n{body}\r\n", body.len()))
}

/// Sends something that asks for an answer to `answer`.
fn answer_to(port: u16, question: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
    let connect = r#"CONNECT {"verbose":false,"pedantic":false,"headers":true}"#;
    write!(stream, "{connect}\r\nSUB answer 1\r\n{question}").unwrap();
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !line.starts_with("MSG ") {
        assert!(!line.starts_with("-ERR"), "{line}");
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "connection closed");
    }
    let length = line.split_whitespace().last().unwrap().parse().unwrap();
    let mut answer = vec![0; length];
    lines.read_exact(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Creates a stream `kept` on the subjects `kept.*`.
pub(crate) fn create_stream(port: u16) {
    let body = r#"{"name":"kept","subjects":["kept.*"],"storage":"file","allow_atomic":true}"#;
    let answer = ask(port, "$JS.API.STREAM.CREATE.kept", body);
    assert!(!answer.contains("error"), "{answer}");
}

/// Appends one message, which is acknowledged when this returns.
pub(crate) fn append(port: u16, body: &str) {
    let answer = ask(port, "kept.one", body);
    assert!(answer.contains("\"seq\""), "{answer}");
}

/// Appends three messages as one atomic batch, which is acknowledged when this returns. Each batch of a stream needs another name.
pub(crate) fn append_batch(port: u16, name: &str) {
    let publish = |sequence: u32, reply: &str, commit: &str| {
        let headers = format!("NATS/1.0\r\nNats-Batch-Id: {name}\r\nNats-Batch-Sequence: {sequence}\r\n{commit}\r\n");
        format!("HPUB kept.one {reply}{} {}\r\n{headers}part\r\n", headers.len(), headers.len() + "part".len())
    };
    let batch = publish(1, "", "") + &publish(2, "", "") + &publish(3, "answer ", "Nats-Batch-Commit: 1\r\n");
    let answer = answer_to(port, &batch);
    assert!(answer.contains("\"count\":3"), "{answer}");
}

/// How many messages the stream has.
pub(crate) fn messages(port: u16) -> u64 {
    let answer = ask(port, "$JS.API.STREAM.INFO.kept", "");
    let (_, after) = answer.split_once("\"messages\":").unwrap_or_else(|| panic!("{answer}"));
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap();
    after[..digits].parse().unwrap()
}
