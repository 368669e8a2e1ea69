//! Putting appends on the wire: one event as one message, anything else as an atomic batch (NATS ADR-50: a batch id, a
//! sequence from 1, a commit mark on the last message, which alone is acknowledged).

use async_nats::HeaderMap;
use contract::Subject;
use serde::Deserialize;
use tokio::time::Instant;

use super::pending::Pending;
use crate::link::{CallError, Link, Since};
use crate::request::{ApiError, code};
use crate::wire;

/// The broker's acknowledgement.
#[derive(Debug, Deserialize)]
pub(super) struct Ack {
    #[serde(default)]
    pub(super) seq: u64,
    #[serde(default)]
    pub(super) duplicate: bool,
    #[serde(default)]
    error: Option<ApiError>,
}

/// Why there is no acknowledgement.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// Stored or not, nobody knows.
    Unknown(String),
    /// Not stored, and may be later.
    NotNow(String),
    /// Not stored by this attempt: the subject is not as expected.
    Contested,
    /// Not stored by this attempt: the batch repeats a message id.
    Duplicate,
    /// Not stored, and never will be.
    Refused(String),
}

/// Sends the appends as one unit. One event goes as it is, several as an atomic batch.
pub(super) async fn send(link: &Link, appends: &mut [Pending]) -> Result<Ack, Failure> {
    let until = appends.iter().map(|append| append.deadline).min().unwrap_or_else(Instant::now);
    let mut since = link.since();
    let total: usize = appends.iter().map(|append| append.events).sum();
    let batch = (total > 1).then(|| link.unique());
    let mut sent = 0;
    for append in appends.iter_mut() {
        let end = sent + append.events;
        for part in &mut append.parts {
            for (index, message) in part.messages.iter_mut().enumerate() {
                sent += 1;
                let (mut headers, data) = message.take();
                if index == 0 {
                    wire::guard(&mut headers, part.expect);
                }
                if sent < end {
                    wire::more(&mut headers);
                }
                if let Some(batch) = &batch {
                    member(&mut headers, batch, sent, sent == total);
                }
                if sent == total {
                    let within = until.saturating_duration_since(Instant::now());
                    let answer = link.call(part.subject.as_str(), Some(headers), data, within).await;
                    return acknowledged(answer, &mut since, appends);
                }
                stage(link, &part.subject, headers, data, until).await?;
            }
        }
    }
    Err(Failure::Refused("nothing to append".to_owned()))
}

fn member(headers: &mut HeaderMap, batch: &str, sequence: usize, last: bool) {
    headers.insert("Nats-Batch-Id", batch);
    headers.insert("Nats-Batch-Sequence", sequence.to_string());
    if last {
        headers.insert("Nats-Batch-Commit", "1");
    }
}

/// A message of a batch that is not its last: nothing of it is visible before the commit.
async fn stage(link: &Link, subject: &Subject, headers: HeaderMap, data: bytes::Bytes, until: Instant) -> Result<(), Failure> {
    let publish = link.client().publish_with_headers(subject.as_str().to_owned(), headers, data);
    match tokio::time::timeout_at(until, publish).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::Refused(error.to_string())),
        Err(_) => Err(Failure::NotNow("the connection takes no more messages".to_owned())),
    }
}

fn acknowledged(answer: Result<async_nats::Message, CallError>, since: &mut Since, appends: &[Pending]) -> Result<Ack, Failure> {
    let answer = answer.map_err(|error| match error {
        CallError::Forbidden(subject) => Failure::Refused(format!("not permitted to use {subject}")),
        CallError::Invalid(cause) => Failure::Refused(cause),
        CallError::Lost | CallError::TimedOut => Failure::Unknown(error.to_string()),
        CallError::NoResponders => Failure::NotNow(error.to_string()),
    })?;
    let ack: Ack =
        serde_json::from_slice(&answer.payload).map_err(|error| Failure::Unknown(format!("acknowledgement not understood: {error}")))?;
    let Some(ApiError { code, description }) = ack.error else { return Ok(ack) };
    Err(match code {
        code::WRONG_SEQUENCE | code::WRONG_SEQUENCE_UNTOLD => Failure::Contested,
        code::BATCH_DUPLICATE => Failure::Duplicate,
        code::BATCH_INCOMPLETE => incomplete(since, appends),
        code if code::UNAVAILABLE.contains(&code) => Failure::NotNow(description),
        code => Failure::Refused(format!("{description} ({code})")),
    })
}

/// Parts of the batch did not arrive: refused on the way, or the connection changed in its middle.
fn incomplete(since: &mut Since, appends: &[Pending]) -> Failure {
    let ours = |subject: &str| appends.iter().flat_map(|append| &append.parts).any(|part| part.subject.as_str() == subject);
    match since.check(ours) {
        Some(CallError::Forbidden(subject)) => Failure::Refused(format!("not permitted to use {subject}")),
        _ => Failure::NotNow("parts of the batch did not arrive".to_owned()),
    }
}
