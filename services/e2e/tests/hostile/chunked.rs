//! A body in chunks, which announces no length: what it may have at most holds for it too.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{BODY_BYTES_MAX, CUT_OFF_MAX, Gate, padded, wamid_of};

const CHUNK_BYTES: usize = 64 * 1024;
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// None: it was cut off while it still sent.
async fn try_post(gate: &Gate, body: &[u8]) -> Option<u16> {
    let address = gate.ingress.base.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.unwrap();
    let (name, signature) = (whatsapp::SIGNATURE_HEADER, gate.sign(body));
    let head = format!("POST /webhooks/meta HTTP/1.1\r\nhost: {address}\r\n{name}: {signature}\r\ntransfer-encoding: chunked\r\n\r\n");
    connection.write_all(head.as_bytes()).await.ok()?;
    for chunk in body.chunks(CHUNK_BYTES) {
        connection.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.ok()?;
        connection.write_all(chunk).await.ok()?;
        connection.write_all(b"\r\n").await.ok()?;
    }
    connection.write_all(b"0\r\n\r\n").await.ok()?;
    let mut answer = [0; 12];
    timeout(ANSWER_MAX, connection.read_exact(&mut answer)).await.expect("it is answered, or cut").ok()?;
    std::str::from_utf8(&answer).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

async fn post(gate: &Gate, body: &[u8]) -> u16 {
    for _ in 0..CUT_OFF_MAX {
        if let Some(status) = try_post(gate, body).await {
            return status;
        }
    }
    panic!("no answer to {} bytes in {CUT_OFF_MAX} attempts", body.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_announces_no_length_is_kept_up_to_the_limit_and_no_further() {
    let gate = Gate::open().await;
    assert_eq!(post(&gate, &padded("wamid.in-chunks", BODY_BYTES_MAX)).await, 200);
    for size in [BODY_BYTES_MAX + 1, 2 * BODY_BYTES_MAX] {
        assert_eq!(post(&gate, &padded("wamid.too-large", size)).await, 413, "{size} bytes");
    }
    let stored: Vec<String> = gate.stored().await.iter().map(wamid_of).collect();
    assert_eq!(stored, ["wamid.in-chunks"]);
}
