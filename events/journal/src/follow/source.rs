//! The follower's eyes: live events in small bundles, and what operators say about held keys. Each reads ahead a little and
//! then waits to be taken.

use std::sync::Arc;

use contract::{Event, ParkedEvent, Recorded, Stream};
use tokio::sync::mpsc;

use crate::Error;
use crate::link::Link;
use crate::read::{Reader, Window};

/// How many events and bytes travel in one bundle, and how many bundles wait.
const BUNDLE_EVENTS: usize = 256;
const BUNDLE_BYTES: usize = 1024 * 1024;
const BUNDLES_WAITING: usize = 2;
/// How many requests of operators wait.
const REQUESTS_WAITING: usize = 16;

/// Events in order, and how many are behind them in the stream.
pub(super) struct Bundle {
    pub(super) events: Vec<Recorded>,
    pub(super) pending: u64,
}

/// Reads a stream from a sequence on until the receiver is dropped or an error ends it.
pub(super) fn live(link: Arc<Link>, stream: Stream, filters: Vec<String>, from: u64) -> mpsc::Receiver<Result<Bundle, Error>> {
    let (sender, receiver) = mpsc::channel(BUNDLES_WAITING);
    tokio::spawn(async move {
        let mut reader = Reader::new(link, stream, filters, from, Window::NARROW);
        loop {
            let bundle = tokio::select! {
                bundle = bundle(&mut reader) => bundle,
                () = sender.closed() => return,
            };
            let last = bundle.is_err();
            if sender.send(bundle).await.is_err() || last {
                return;
            }
        }
    });
    receiver
}

/// The next event and what came with it; empty when there is none now.
async fn bundle(reader: &mut Reader) -> Result<Bundle, Error> {
    let mut events = Vec::new();
    let mut bytes = 0;
    let mut read = reader.read().await?;
    while let Some(event) = read {
        bytes += event.data.len();
        events.push(event);
        if events.len() >= BUNDLE_EVENTS || bytes >= BUNDLE_BYTES {
            break;
        }
        read = match reader.read_ready() {
            Some(read) => read?,
            None => None,
        };
    }
    Ok(Bundle { events, pending: reader.pending().unwrap_or(0) })
}

/// What operators say on the follower's own `parked` subject, from a sequence on.
pub(super) fn requests(link: Arc<Link>, subject: String, from: u64) -> mpsc::Receiver<Result<ParkedEvent, Error>> {
    let (sender, receiver) = mpsc::channel(REQUESTS_WAITING);
    tokio::spawn(async move {
        let mut reader = Reader::new(link, Stream::Parked, vec![subject], from, Window::NARROW);
        loop {
            let read = tokio::select! {
                read = reader.read() => read,
                () = sender.closed() => return,
            };
            let request = match read {
                Ok(None) => continue,
                Ok(Some(event)) => match ParkedEvent::decode(&event) {
                    Ok(request) => Ok(request),
                    Err(error) => {
                        tracing::error!(stream.seq = event.sequence, %error, "parked event not understood");
                        continue;
                    }
                },
                Err(error) => Err(error),
            };
            let last = request.is_err();
            if sender.send(request).await.is_err() || last {
                return;
            }
        }
    });
    receiver
}
