//! A load generator that costs little: requests are bytes made beforehand, connections are sockets of one thread, answers are looked at
//! only as far as their status and length.
//!
//! It runs on a thread of its own, so that the processor time it took can be told from what the services took.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use std::{cell::Cell, cell::RefCell};

use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::{cpu, report};

/// Requests, ready to send, one after another in one buffer.
#[derive(Default)]
pub struct Requests {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Requests {
    /// Adds one.
    pub fn push(&mut self, request: &[u8]) {
        self.bytes.extend_from_slice(request);
        self.ends.push(self.bytes.len());
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn get(&self, index: usize) -> &[u8] {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[begin..self.ends[index]]
    }
}

/// When requests are sent.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each connection sends when its last answer has come.
    Closed,
    /// So many a second whatever the answers do; latencies count from when a request was due.
    PerSecond(f64),
}

/// What came of a load.
pub struct Outcome {
    /// From the first request to the last answer.
    pub took: Duration,
    /// Of answers with 2xx, in microseconds.
    pub latencies: Histogram<u64>,
    /// Other answers.
    pub refused: u64,
    /// Processor time of the generator.
    pub cpu: Option<Duration>,
}

impl Outcome {
    /// Answers with 2xx a second.
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }
}

/// Sends every request once over so many connections. `start` is when the first is due.
///
/// # Panics
/// A connection breaks, or an answer is none.
pub async fn run(address: SocketAddr, connections: usize, requests: Arc<Requests>, pace: Pace, start: Instant) -> Outcome {
    let (sender, outcome) = oneshot::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome = LocalSet::new().block_on(&runtime, generate(address, connections, requests, pace, start));
        drop(sender.send(outcome));
    };
    std::thread::Builder::new().name("load".to_owned()).spawn(work).expect("a thread");
    outcome.await.expect("the load generator ends well")
}

struct Shared {
    requests: Arc<Requests>,
    pace: Pace,
    start: Instant,
    next: Cell<usize>,
    latencies: RefCell<Histogram<u64>>,
    refused: Cell<u64>,
}

async fn generate(address: SocketAddr, connections: usize, requests: Arc<Requests>, pace: Pace, start: Instant) -> Outcome {
    let before = cpu::of_this_thread();
    let latencies = RefCell::new(report::histogram());
    let shared = Rc::new(Shared { requests, pace, start, next: Cell::new(0), latencies, refused: Cell::new(0) });
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await.expect("the service listens");
        stream.set_nodelay(true).expect("nodelay");
        streams.push(stream);
    }
    tokio::time::sleep_until(start).await;
    let mut tasks = JoinSet::new();
    for stream in streams {
        tasks.spawn_local(connection(stream, Rc::clone(&shared)));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no panic").expect("the service keeps connections open");
    }
    let cpu = cpu::of_this_thread().zip(before).map(|(after, before)| after - before);
    let latencies = shared.latencies.borrow().clone();
    Outcome { took: start.elapsed(), latencies, refused: shared.refused.get(), cpu }
}

async fn connection(mut stream: TcpStream, shared: Rc<Shared>) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        let index = shared.next.get();
        if index >= shared.requests.len() {
            return Ok(());
        }
        shared.next.set(index + 1);
        let from = match shared.pace {
            Pace::Closed => Instant::now(),
            Pace::PerSecond(rate) => {
                let due = due(shared.start, rate, index);
                tokio::time::sleep_until(due).await;
                due
            }
        };
        let status = exchange(&mut stream, shared.requests.get(index), &mut buffer).await?;
        if (200..300).contains(&status) {
            shared.latencies.borrow_mut().saturating_record(report::micros(from.elapsed()));
        } else {
            shared.refused.set(shared.refused.get() + 1);
        }
    }
}

/// When a paced request is due.
pub fn due(start: Instant, rate: f64, index: usize) -> Instant {
    start + Duration::from_secs_f64(index as f64 / rate)
}

/// Sends a request and reads its answer; answers the status.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> io::Result<u16> {
    stream.write_all(request).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((status, length)) = answer(buffer)?
            && buffer.len() >= length
        {
            return Ok(status);
        }
    }
}

/// Status and whole length of an answer whose head is here.
fn answer(buffer: &[u8]) -> io::Result<Option<(u16, usize)>> {
    const LENGTH: &str = "content-length: ";
    let Some(head) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, "not an answer with a length");
    let text = std::str::from_utf8(&buffer[..head]).map_err(|_| invalid())?;
    let status = text.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(invalid)?;
    let length =
        text.lines().find_map(|line| line.strip_prefix(LENGTH)).and_then(|length| length.parse::<usize>().ok()).ok_or_else(invalid)?;
    Ok(Some((status, head + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_says_so() {
        let head = "HTTP/1.1 200 OK\r\nx-request-id: a\r\ncontent-length: 5\r\n\r\n";
        assert_eq!(answer(head.as_bytes()).unwrap(), Some((200, head.len() + 5)));
        assert_eq!(answer(&head.as_bytes()[..20]).unwrap(), None);
        assert!(answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn requests_come_out_as_they_went_in() {
        let mut requests = Requests::default();
        ["a", "", "bcd"].iter().for_each(|request| requests.push(request.as_bytes()));
        let out: Vec<&[u8]> = (0..requests.len()).map(|index| requests.get(index)).collect();
        assert_eq!(out, [b"a".as_slice(), b"", b"bcd"]);
    }
}
