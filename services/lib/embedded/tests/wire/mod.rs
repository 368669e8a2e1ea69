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

fn answer_to(port: u16, question: &str) -> String {
    try_answer_to(port, question).unwrap()
}

/// Sends something that asks for an answer to `answer`. An error when the server goes before it comes.
pub(crate) fn try_answer_to(port: u16, question: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    let connect = r#"CONNECT {"verbose":false,"pedantic":false,"headers":true}"#;
    write!(stream, "{connect}\r\nSUB answer 1\r\n{question}")?;
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !line.starts_with("MSG ") {
        assert!(!line.starts_with("-ERR"), "{line}");
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let length = line.split_whitespace().last().unwrap().parse().unwrap();
    let mut answer = vec![0; length];
    lines.read_exact(&mut answer)?;
    Ok(String::from_utf8(answer).unwrap())
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
    let answer = answer_to(port, &batch(name, 3));
    assert!(answer.contains("\"count\":3"), "{answer}");
}

/// So many messages of some hundred bytes as one atomic batch, each with an id made of the batch's name and its place. As the journal does it,
/// those that are followed by more of their append are marked; an append is three messages here.
pub(crate) fn batch(name: &str, messages: u32) -> String {
    let publish = |place: u32| {
        let (reply, commit) = if place == messages { ("answer ", "Nats-Batch-Commit: 1\r\n") } else { ("", "") };
        let more = if place.is_multiple_of(3) { "" } else { "Paige-More: 1\r\n" };
        let headers = format!(
            "NATS/1.0\r\nNats-Msg-Id: {name}.{place}\r\nNats-Batch-Id: {name}\r\nNats-Batch-Sequence: {place}\r\n{commit}{more}\r\n"
        );
        let body = "part ".repeat(100);
        format!("HPUB kept.one {reply}{} {}\r\n{headers}{body}\r\n", headers.len(), headers.len() + body.len())
    };
    (1..=messages).map(publish).collect()
}

/// How many messages the stream has.
pub(crate) fn messages(port: u16) -> u64 {
    of_stream(port, "messages")
}

/// A number that the stream's information has.
pub(crate) fn of_stream(port: u16, field: &str) -> u64 {
    let answer = ask(port, "$JS.API.STREAM.INFO.kept", "");
    let (_, after) = answer.split_once(&format!("\"{field}\":")).unwrap_or_else(|| panic!("{answer}"));
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap();
    after[..digits].parse().unwrap()
}
