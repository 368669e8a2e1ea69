//! Enough of the NATS protocol to ask JetStream one question: these tests are below the journal, which has the real client.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Publishes a request and gives the answer's body.
pub(crate) fn ask(port: u16, subject: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
    let connect = r#"CONNECT {"verbose":false,"pedantic":false}"#;
    write!(stream, "{connect}\r\nSUB answer 1\r\nPUB {subject} answer {}\r\n{body}\r\n", body.len()).unwrap();
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
    let body = r#"{"name":"kept","subjects":["kept.*"],"storage":"file"}"#;
    let answer = ask(port, "$JS.API.STREAM.CREATE.kept", body);
    assert!(!answer.contains("error"), "{answer}");
}

/// Appends one message, which is acknowledged when this returns.
pub(crate) fn append(port: u16, body: &str) {
    let answer = ask(port, "kept.one", body);
    assert!(answer.contains("\"seq\""), "{answer}");
}

/// How many messages the stream has.
pub(crate) fn messages(port: u16) -> u64 {
    let answer = ask(port, "$JS.API.STREAM.INFO.kept", "");
    let (_, after) = answer.split_once("\"messages\":").unwrap_or_else(|| panic!("{answer}"));
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap();
    after[..digits].parse().unwrap()
}
