//! Connections over real sockets: limits of one connection, and how they end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use chassis::serve::{Error, HEADER_BYTES_MAX};
use chassis::{Shutdown, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), Error>>,
    /// Number of requests that have entered `/held`.
    entered: watch::Receiver<usize>,
    /// Lets them go on.
    release: watch::Sender<bool>,
}

async fn start(drain_limit: Duration) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let shutdown = Shutdown::with_drain_limit(drain_limit);
    let (enter, entered) = watch::channel(0);
    let (release, released) = watch::channel(false);
    let held = get(async move || {
        enter.send_modify(|count| *count += 1);
        released.clone().wait_for(|go| *go).await.map(|_| "done").unwrap_or("gone")
    });
    let router = Router::new().route("/", get(async || "here")).route("/held", held);
    let stop = shutdown.clone();
    let running = tokio::spawn(async move { serve(listener, router, &stop).await });
    Server { address, shutdown, running, entered, release }
}

async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}

async fn send(address: SocketAddr, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    // The server may answer and close before it has read all.
    let _ = stream.write_all(request).await;
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = within("the answer", stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

const HELD: &[u8] = b"GET /held HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn a_soft_stop_answers_what_is_begun_and_takes_nothing_new() {
    let mut server = start(PATIENCE).await;
    let held = send(server.address, HELD).await;
    let idle = send(server.address, b"").await;
    within("the request enters", server.entered.wait_for(|count| *count == 1)).await.expect("open");
    server.shutdown.begin();
    assert_eq!(answer(idle).await, "", "an idle connection closes at once");
    within("the listener closes", async { while TcpStream::connect(server.address).await.is_ok() {} }).await;
    server.release.send(true).expect("held");
    assert!(answer(held).await.ends_with("done"));
    within("serve ends", server.running).await.expect("no panic").expect("softly");
}

#[tokio::test]
async fn what_does_not_end_within_the_limit_is_cut() {
    let mut server = start(Duration::from_millis(50)).await;
    let held = send(server.address, HELD).await;
    within("the request enters", server.entered.wait_for(|count| *count == 1)).await.expect("open");
    server.shutdown.begin();
    let ended = within("serve ends", server.running).await.expect("no panic");
    assert!(matches!(ended, Err(Error::Cut { connections: 1 })), "{ended:?}");
    assert_eq!(answer(held).await, "");
    assert!(!server.shutdown.hard().is_cancelled(), "the rest of the process may still be draining");
}

#[tokio::test]
async fn a_hard_stop_does_not_wait_for_the_limit() {
    let mut server = start(Duration::from_secs(3_600)).await;
    let held = send(server.address, HELD).await;
    within("the request enters", server.entered.wait_for(|count| *count == 1)).await.expect("open");
    server.shutdown.begin();
    server.shutdown.abort();
    let ended = within("serve ends", server.running).await.expect("no panic");
    assert!(matches!(ended, Err(Error::Cut { connections: 1 })), "{ended:?}");
    assert_eq!(answer(held).await, "");
}

#[tokio::test]
async fn hostile_heads_are_refused_and_the_next_caller_is_served() {
    let server = start(PATIENCE).await;
    let big = "x".repeat(HEADER_BYTES_MAX);
    let many: String = (0..200).map(|n| format!("h{n}: x\r\n")).collect();
    for (request, status) in [
        (format!("GET / HTTP/1.1\r\nhost: a\r\nx: {big}\r\n\r\n").into_bytes(), "431"),
        (format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n").into_bytes(), "431"),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n".to_vec(), "400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), "400"),
        (b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), "400"),
        (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n".to_vec(), "400"),
    ] {
        let shown = String::from_utf8_lossy(&request).chars().take(60).collect::<String>();
        let told = answer(send(server.address, &request).await).await;
        assert!(told.starts_with(&format!("HTTP/1.1 {status}")), "{shown}: {told}");
    }
    let fine = send(server.address, b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer(fine).await.ends_with("here"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_never_finishes_the_head_is_hung_up_on() {
    let server = start(PATIENCE).await;
    let began = tokio::time::Instant::now();
    let mut slow = send(server.address, b"GET / HTTP/1.1\r\nhos").await;
    let mut bytes = Vec::new();
    // The clock is paused and jumps to the next timer whenever all tasks wait.
    timeout(Duration::from_secs(3_600), slow.read_to_end(&mut bytes)).await.expect("hung up").expect("an end");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
