//! Limits how many bytes of bodies are in memory at once. Beyond the limit a webhook is refused with 503, and Meta sends it again.
//!
//! Room is taken for bytes that have arrived, not for the length that was announced: otherwise a few connections that announce large bodies
//! and send nothing would keep Meta out.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use chassis::Problem;
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All bodies inside together.
const INSIDE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a body costs at least: its request, its changes, its events.
const BODY_COST_MIN: usize = 8 * 1024;
/// How long a body may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// When Meta may try again.
const RETRY_AFTER_S: u32 = 1;

#[derive(Clone)]
pub(crate) struct Intake(Arc<Semaphore>);

impl Default for Intake {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(INSIDE_BYTES_MAX)))
    }
}

impl Intake {
    /// Reads a body of at most `bytes_max`. The permit is its room: keep it until the answer.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|size| size > bytes_max) {
            return Err(too_large(bytes_max));
        }
        let arrived = tokio::time::timeout(BODY_TIME_MAX, self.arrive(body, bytes_max)).await;
        let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout").detail("the body took longer than 10 s");
        arrived.map_err(late)?
    }

    async fn arrive(&self, body: Body, bytes_max: usize) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
        let mut arriving = body.into_data_stream();
        let mut room = self.room(0)?;
        let mut arrived = Arrived::default();
        while let Some(part) = arriving.next().await {
            let part = part.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "body_incomplete").detail("the body ended early"))?;
            if arrived.len() + part.len() > bytes_max {
                return Err(too_large(bytes_max));
            }
            room.merge(self.room(part.len())?);
            arrived.add(part);
        }
        room.merge(self.room(BODY_COST_MIN.saturating_sub(arrived.len()))?);
        Ok((arrived.whole(), room))
    }

    fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.0.clone().try_acquire_many_owned(bytes).map_err(|_| shed("too many webhooks at once"))
    }
}

/// What has arrived of a body. One part, as nearly every body is, costs nothing. Several are copied together as they come: each of them would
/// keep the buffer that it was read into, and a body cut into parts of a byte would take many times its room.
#[derive(Default)]
struct Arrived {
    only: Bytes,
    several: BytesMut,
}

impl Arrived {
    fn len(&self) -> usize {
        self.only.len() + self.several.len()
    }

    fn add(&mut self, part: Bytes) {
        if self.len() == 0 {
            self.only = part;
            return;
        }
        self.several.extend_from_slice(&std::mem::take(&mut self.only));
        self.several.extend_from_slice(&part);
    }

    fn whole(self) -> Bytes {
        if self.several.is_empty() { self.only } else { self.several.freeze() }
    }
}

pub(crate) fn shed(cause: &str) -> Problem {
    Problem::unavailable("overloaded", RETRY_AFTER_S, cause)
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").detail(format!("this webhook's body has at most {bytes_max} bytes"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// What a part was read into, for as long as somebody keeps it.
    struct Buffer(Arc<AtomicUsize>);

    impl AsRef<[u8]> for Buffer {
        fn as_ref(&self) -> &[u8] {
            b"x"
        }
    }

    impl Drop for Buffer {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn of_a_body_in_parts_of_a_byte_no_buffer_is_kept() {
        const PARTS: usize = 10_000;
        let (kept, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        let parts = futures::stream::iter(0..PARTS).map(move |_| {
            seen.fetch_max(kept.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_owner(Buffer(Arc::clone(&kept))))
        });
        let read = Intake::default().read(&HeaderMap::new(), Body::from_stream(parts), PARTS).await;
        assert_eq!(read.unwrap().0, "x".repeat(PARTS));
        assert_eq!(most.load(Ordering::Relaxed), 2, "the first one until the second has come");
    }
}
