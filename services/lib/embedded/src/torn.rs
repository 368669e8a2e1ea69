//! What is left of an atomic batch when the server was ended in the middle of its commit and what it had gathered is gone, as after a power
//! cut: the first events of a decision without the rest. The server says so in its log and keeps them. Nobody was told that they are
//! stored, so they are taken out, which makes it none of them, as promised.
//!
//! A batch is torn at the end of its stream or not at all, because the server writes one after another. The very last message says so: it is of a
//! batch and does not commit it. Where the very last one is not there any more, it was erased, and was stored before that. The server has to start again afterwards: it has read the ids of these messages already, and would take the
//! decision's repetition for one that it has.

use std::net::Ipv4Addr;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::error::{Error, Result};

/// A batch has at most a thousand messages, and asking for one and deleting it takes about a millisecond.
const MEND_MAX: Duration = Duration::from_secs(60);
/// The largest answer that is read: a message of `max_payload` in base64.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Where answers come.
const INBOX: &str = "_INBOX.paige-embedded";

/// Takes the messages of torn batches out of all streams of the server on this port, and says how many they were.
pub(crate) async fn take_out(port: u16) -> Result<u64> {
    let unfit = |what: String| Error::Unfit { server: "nats-server", what };
    let mend = async {
        let mut api = Api::connect(port).await?;
        let mut taken = 0;
        for stream in api.streams().await? {
            let of_stream = api.take_out(&stream).await?;
            if of_stream > 0 {
                tracing::warn!(stream, messages = of_stream, "a batch was left half written: taken out, nobody was told that it is stored");
            }
            taken += of_stream;
        }
        Ok(taken)
    };
    let mended: std::io::Result<u64> =
        tokio::time::timeout(MEND_MAX, mend).await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    mended.map_err(|error| unfit(format!("it does not say whether a batch is half written: {error}")))
}

/// JetStream's requests, in the few words of the protocol that they take: the journal, which has the real client, stands on this crate.
struct Api {
    connection: BufReader<TcpStream>,
}

impl Api {
    async fn connect(port: u16) -> std::io::Result<Api> {
        let mut connection = BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?);
        let hello = json!({ "verbose": false, "pedantic": false, "name": "paige-embedded" });
        connection.write_all(format!("CONNECT {hello}\r\nSUB {INBOX} 1\r\n").as_bytes()).await?;
        Ok(Api { connection })
    }

    async fn ask(&mut self, subject: &str, body: &Value) -> std::io::Result<Value> {
        let body = body.to_string();
        self.connection.write_all(format!("PUB {subject} {INBOX} {}\r\n{body}\r\n", body.len()).as_bytes()).await?;
        loop {
            let mut line = String::new();
            if self.connection.read_line(&mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            match line.split_whitespace().next() {
                Some("MSG") => {
                    let length = line.split_whitespace().last().and_then(|length| length.parse::<usize>().ok());
                    let length = length.filter(|length| *length <= ANSWER_BYTES_MAX).ok_or_else(|| std::io::Error::other(line.clone()))?;
                    let mut answer = vec![0; length + "\r\n".len()];
                    self.connection.read_exact(&mut answer).await?;
                    return Ok(serde_json::from_slice(&answer)?);
                }
                Some("PING") => self.connection.write_all(b"PONG\r\n").await?,
                Some("-ERR") => return Err(std::io::Error::other(line)),
                _ => {} // INFO, +OK
            }
        }
    }

    async fn streams(&mut self) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        loop {
            let page = self.ask("$JS.API.STREAM.NAMES", &json!({ "offset": names.len() })).await?;
            let more = page["streams"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            let before = names.len();
            names.extend(more);
            if names.len() == before || names.len() as u64 >= page["total"].as_u64().unwrap_or(0) {
                return Ok(names);
            }
        }
    }

    async fn take_out(&mut self, stream: &str) -> std::io::Result<u64> {
        let Some((first, last)) = self.torn(stream).await? else { return Ok(0) };
        // The last one goes last: whoever is interrupted here begins again.
        for sequence in first..=last {
            let deleted = self.ask(&format!("$JS.API.STREAM.MSG.DELETE.{stream}"), &json!({ "seq": sequence })).await?;
            if deleted["success"] != true && sequence == last {
                return Err(std::io::Error::other(deleted.to_string()));
            }
        }
        Ok(last + 1 - first)
    }

    /// The first and the last sequence of a batch that is not whole.
    async fn torn(&mut self, stream: &str) -> std::io::Result<Option<(u64, u64)>> {
        let info = self.ask(&format!("$JS.API.STREAM.INFO.{stream}"), &json!({})).await?;
        // Absent where it was erased, and whatever came before it with it.
        let last = self.ask(&format!("$JS.API.STREAM.MSG.GET.{stream}"), &json!({ "seq": info["state"]["last_seq"] })).await?;
        let (Some(sequence), Some(headers)) = (last["message"]["seq"].as_u64(), last["message"]["hdrs"].as_str()) else { return Ok(None) };
        let headers = base64::engine::general_purpose::STANDARD.decode(headers).map_err(std::io::Error::other)?;
        let place = uncommitted(&String::from_utf8_lossy(&headers));
        Ok(place.map(|place| (sequence.saturating_sub(place - 1).max(1), sequence)))
    }
}

/// The place in its batch, from 1, of a message with these headers, if it is not the one that commits the batch.
fn uncommitted(headers: &str) -> Option<u64> {
    let find = |name: &str| headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    if find("Nats-Batch-Commit").is_some() {
        return None;
    }
    find("Nats-Batch-Sequence")?.parse().ok().filter(|place| *place > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_torn_where_its_last_message_does_not_commit_it() {
        let torn = "NATS/1.0\r\nNats-Msg-Id: 7\r\nNats-Batch-Id: b7\r\nNats-Batch-Sequence: 2\r\n\r\n";
        assert_eq!(uncommitted(torn), Some(2));
        assert_eq!(uncommitted(&torn.replace("\r\n\r\n", "\r\nNats-Batch-Commit: 1\r\n\r\n")), None);
        assert_eq!(uncommitted("NATS/1.0\r\nNats-Msg-Id: 7\r\n\r\n"), None);
        assert_eq!(uncommitted(&torn.replace("Sequence: 2", "Sequence: 0")), None);
        assert_eq!(uncommitted(""), None);
    }
}
