//! How much may be inside at the same time. Beyond it a webhook is shed with 503 before its body is read, and Meta sends it again.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use chassis::Problem;
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
        let size = announced.unwrap_or(bytes_max);
        if size > bytes_max {
            return Err(too_large(bytes_max));
        }
        let cost = u32::try_from(size.max(BODY_COST_MIN)).unwrap_or(u32::MAX);
        let room = self.0.clone().try_acquire_many_owned(cost).map_err(|_| shed("too many webhooks at once"))?;
        match tokio::time::timeout(BODY_TIME_MAX, to_bytes(body, bytes_max)).await {
            Ok(Ok(bytes)) => Ok((bytes, room)),
            Ok(Err(_)) if announced.is_none() => Err(too_large(bytes_max)),
            Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "body_incomplete").detail("the body ended early")),
            Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout").detail("the body took longer than 10 s")),
        }
    }
}

pub(crate) fn shed(cause: &str) -> Problem {
    Problem::unavailable("overloaded", RETRY_AFTER_S, cause)
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").detail(format!("this webhook's body has at most {bytes_max} bytes"))
}
