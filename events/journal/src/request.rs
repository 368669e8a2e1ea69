//! JetStream's request API: JSON out, JSON or an error code back. Only the requests that the journal uses.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use contract::Stream;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::link::{CallError, Link};

/// How long an API request may take.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(5);

/// JetStream's codes that mean something here.
pub(crate) mod code {
    /// The message, or no message on this subject, is there.
    pub(crate) const NO_MESSAGE: u64 = 10037;
    /// No such stream.
    pub(crate) const NO_STREAM: u64 = 10059;
    /// The subject's last sequence is another; the text tells it.
    pub(crate) const WRONG_SEQUENCE: u64 = 10071;
    /// The same, without telling; also while another append to the subject is on its way.
    pub(crate) const WRONG_SEQUENCE_UNTOLD: u64 = 10164;
    /// The batch repeats a message id.
    pub(crate) const BATCH_DUPLICATE: u64 = 10201;
    /// Parts of the batch did not arrive, or it waited too long.
    pub(crate) const BATCH_INCOMPLETE: u64 = 10176;
    /// JetStream cannot work now: starting, electing, out of resources.
    pub(crate) const UNAVAILABLE: [u64; 4] = [10008, 10023, 10047, 10077];
}

/// What JetStream says when it refuses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ApiError {
    #[serde(default, rename = "err_code")]
    pub(crate) code: u64,
    #[serde(default)]
    pub(crate) description: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer<T> {
    Refused { error: ApiError },
    Done(T),
}

impl Link {
    /// One request. `Err(Refused)` carries JetStream's code.
    pub(crate) async fn request<T: DeserializeOwned>(&self, subject: &str, body: &Value) -> Result<T, Error> {
        let payload = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let answer = self.call(subject, None, payload, REQUEST_TIME_MAX).await.map_err(|error| from_call(subject, error))?;
        match serde_json::from_slice(&answer.payload) {
            Ok(Answer::Done(done)) => Ok(done),
            Ok(Answer::Refused { error }) => Err(refused(subject, error)),
            Err(error) => Err(Error::Unavailable(format!("answer to {subject} is not understood: {error}"))),
        }
    }

    /// The first message at or after `sequence` whose subject is `subject`, asked of the stream's leader: never stale.
    pub(crate) async fn first_from(&self, stream: Stream, subject: &str, sequence: u64) -> Result<Option<Stored>, Error> {
        self.message(stream, &serde_json::json!({ "seq": sequence.max(1), "next_by_subj": subject })).await
    }

    /// The last message of a subject, asked of the stream's leader.
    pub(crate) async fn last_of(&self, stream: Stream, subject: &str) -> Result<Option<Stored>, Error> {
        self.message(stream, &serde_json::json!({ "last_by_subj": subject })).await
    }

    /// The first message of a subject stored at or after `time`, asked of the stream's leader.
    pub(crate) async fn first_since(&self, stream: Stream, subject: &str, time: DateTime<Utc>) -> Result<Option<Stored>, Error> {
        self.message(stream, &serde_json::json!({ "start_time": time, "next_by_subj": subject })).await
    }

    async fn message(&self, stream: Stream, body: &Value) -> Result<Option<Stored>, Error> {
        #[derive(Deserialize)]
        struct Found {
            message: Stored,
        }
        match self.request::<Found>(&format!("$JS.API.STREAM.MSG.GET.{stream}"), body).await {
            Ok(found) => Ok(Some(found.message)),
            Err(Error::Refused { code: code::NO_MESSAGE, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A stored message, as far as it says who wrote it.
#[derive(Debug, Deserialize)]
pub(crate) struct Stored {
    #[serde(rename = "seq")]
    pub(crate) sequence: u64,
    #[serde(default)]
    hdrs: String,
    pub(crate) time: DateTime<Utc>,
}

impl Stored {
    /// Whether its message id is `id`.
    pub(crate) fn is(&self, id: &str) -> bool {
        use base64::Engine as _;
        let headers = base64::engine::general_purpose::STANDARD.decode(&self.hdrs).unwrap_or_default();
        let headers = String::from_utf8_lossy(&headers);
        headers.lines().any(|line| line.strip_prefix("Nats-Msg-Id:").is_some_and(|value| value.trim() == id))
    }
}

pub(crate) fn from_call(subject: &str, error: CallError) -> Error {
    match error {
        CallError::Forbidden(subject) => Error::Forbidden(subject),
        error => Error::Unavailable(format!("{subject}: {error}")),
    }
}

fn refused(subject: &str, error: ApiError) -> Error {
    if code::UNAVAILABLE.contains(&error.code) {
        return Error::Unavailable(format!("{subject}: {} ({})", error.description, error.code));
    }
    Error::Refused { request: subject.to_owned(), code: error.code, description: error.description }
}
