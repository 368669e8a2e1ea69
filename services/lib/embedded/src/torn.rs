//! Removes appends that were cut in two by a power cut.
//!
//! A power cut may end the server while it commits a batch, and also takes what the server had gathered in memory. Then the stream holds
//! the first events of an append without the rest. The server says so in its log and keeps them. Nobody was told that these events are
//! stored, so they are taken out: all of an append is there, or nothing.
//!
//! A batch holds appends of several callers, and those that are complete must stay: their callers may have repeated them and been told that
//! they are stored. Only the last append of a batch can be cut. The journal marks every event that is followed by others of the same append
//! ([`MORE`]), so an append is cut exactly if the last message of the stream bears this mark. If the stream's last message is missing, it
//! was erased later, and so it had been stored.

use std::net::Ipv4Addr;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::error::{Error, Result};

/// An append has at most a thousand messages; asking for one takes less than a millisecond, and so does deleting it.
const MEND_MAX: Duration = Duration::from_secs(60);
/// The largest answer that is read: a message of `max_payload` in base64.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// The journal's mark: more of the same append follows.
const MORE: &str = "Paige-More:";
/// Where answers come.
const INBOX: &str = "_INBOX.paige-embedded";

/// Takes the messages of appends that are cut in two out of all streams of the server on this port, and says how many they were. With a full
/// disk that fails, and the server cannot be used before there is room.
pub(crate) async fn take_out(port: u16) -> Result<u64> {
    let unfit = |what: String| Error::Unfit { server: "nats-server", what };
    let mend = async {
        let mut api = Api::connect(port).await?;
        let mut taken = 0;
        for stream in api.streams().await? {
            let of_stream = api.take_out(&stream).await?;
            if of_stream > 0 {
                tracing::warn!(
                    stream,
                    messages = of_stream,
                    "an append was left half written: taken out, nobody was told that it is stored"
                );
            }
            taken += of_stream;
        }
        Ok(taken)
    };
    let mended: std::io::Result<u64> =
        tokio::time::timeout(MEND_MAX, mend).await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    mended.map_err(|error| unfit(format!("what was left half written cannot be taken out: {error}")))
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
        let info = self.ask(&format!("$JS.API.STREAM.INFO.{stream}"), &json!({})).await?;
        let end = info["state"]["last_seq"].as_u64().unwrap_or(0);
        let mut first = end + 1;
        while first > 1 && self.is_followed(stream, first - 1).await? {
            first -= 1;
        }
        // The last one goes last: whoever is interrupted here begins again.
        for sequence in first..=end {
            let deleted = self.ask(&format!("$JS.API.STREAM.MSG.DELETE.{stream}"), &json!({ "seq": sequence })).await?;
            if deleted["success"] != true {
                return Err(std::io::Error::other(deleted.to_string()));
            }
        }
        Ok(end + 1 - first)
    }

    /// Whether there is such a message, and it bears the mark.
    async fn is_followed(&mut self, stream: &str, sequence: u64) -> std::io::Result<bool> {
        let found = self.ask(&format!("$JS.API.STREAM.MSG.GET.{stream}"), &json!({ "seq": sequence })).await?;
        let headers = found["message"]["hdrs"].as_str().unwrap_or_default();
        let headers = base64::engine::general_purpose::STANDARD.decode(headers).map_err(std::io::Error::other)?;
        Ok(String::from_utf8_lossy(&headers).lines().any(|line| line.starts_with(MORE)))
    }
}
