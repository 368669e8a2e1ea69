//! HTTP/1.1 connections of one listener, bounded in number, in time and in memory, and their end.
//!
//! axum's own `serve` has no limits for a connection; the loop here is the same with them. No TLS and no HTTP/2: both
//! end at the proxy in front.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Shutdown;

/// Connections at once; further ones wait in the kernel's queue.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Time for a request's headers, and so also the longest pause between two requests of a connection.
pub const HEADER_READ_LIMIT: Duration = Duration::from_secs(30);
/// Bytes of a request line and its headers; more is answered with 431.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Read and write buffer of one connection.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Pause after the system refuses a connection (no file descriptors, say).
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Serving ended in another way than asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Connections were cut when the soft stop was over.
    #[error("{connections} connections were cut, because they had not ended in time")]
    Cut {
        /// How many.
        connections: usize,
    },
}

/// Answers connections until `shutdown` begins, then lets begun requests end.
///
/// With the soft stop the listener closes, idle connections close and requests in flight are answered; a handler
/// with an endless answer (a live stream) ends it itself when [`Shutdown::soft`] is cancelled.
///
/// # Errors
/// [`Error::Cut`] if connections were left after the drain limit or at the hard stop.
pub async fn serve(listener: TcpListener, router: Router, shutdown: &Shutdown) -> Result<(), Error> {
    let (soft, hard) = (shutdown.soft(), shutdown.hard());
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = soft.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, slot)) => {
                let (router, soft, hard) = (router.clone(), soft.clone(), hard.clone());
                connections.spawn(async move {
                    answer(stream, router, soft, hard).await;
                    drop(slot);
                });
            }
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::warn!(error = %error, "a connection could not be accepted");
                sleep(ACCEPT_RETRY_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    tokio::select! {
        ended = timeout(shutdown.drain_limit(), connections.wait()) => if ended.is_ok() { return Ok(()) },
        () = hard.cancelled() => {}
    }
    let left = connections.len();
    // Nobody else's stop turns hard by this: only these connections end.
    hard.cancel();
    connections.wait().await;
    if left == 0 { Ok(()) } else { Err(Error::Cut { connections: left }) }
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<(TcpStream, impl Send + use<>)> {
    let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _peer) = listener.accept().await?;
    Ok((stream, slot))
}

/// The peer was gone before it was accepted.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn answer(stream: TcpStream, router: Router, soft: CancellationToken, hard: CancellationToken) {
    // Small answers and live streams must not wait for more bytes; without the option they are only slower.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "nodelay");
    }
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_READ_LIMIT).max_header_size(HEADER_BYTES_MAX).max_buf_size(BUFFER_BYTES_MAX);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = soft.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = hard.cancelled() => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        // The peer's doing: too slow, gone, or not HTTP. Counted, because it is no one's fault to act on.
        metrics::counter!("http_connections_failed_total").increment(1);
        tracing::debug!(error = %error, "a connection failed");
    }
}
