//! One subject: its last event, or all of them.

use bytes::Bytes;
use contract::{Recorded, Subject};
use futures::StreamExt;
use serde_json::json;
use tokio::time::Instant;

use crate::link::CallError;
use crate::request::{REQUEST_TIME_MAX, from_call};
use crate::{Error, Journal, wire};

/// The most events of one subject that are read at once: a decision about an entity needs all of them in memory.
const ENTITY_EVENTS_MAX: usize = 100_000;
/// How many the broker sends per request.
const ENTITY_BATCH: usize = 1_000;

const NOT_FOUND: u16 = 404;
const END_OF_BATCH: u16 = 204;

impl Journal {
    /// The last event of a subject.
    ///
    /// # Errors
    /// `Unavailable`, `Forbidden`, `NotAnEvent`.
    pub async fn last(&self, subject: &Subject) -> Result<Option<Recorded>, Error> {
        let api = format!("$JS.API.DIRECT.GET.{}.{subject}", subject.stream());
        let answer = self.link.call(&api, None, Bytes::new(), REQUEST_TIME_MAX).await.map_err(|error| from_call(&api, error))?;
        match answer.status.map(|status| status.as_u16()) {
            None => stored(subject, answer).map(Some),
            Some(NOT_FOUND) => Ok(None),
            Some(_) => Err(refused(api, &answer)),
        }
    }

    /// Every event of a subject, in order.
    ///
    /// # Errors
    /// As [`Self::last`], and `TooMany` for a subject with more than 100,000 events.
    pub async fn entity(&self, subject: &Subject) -> Result<Vec<Recorded>, Error> {
        let mut events: Vec<Recorded> = Vec::new();
        loop {
            let from = events.last().map_or(1, |event| event.sequence + 1);
            let pending = self.entity_batch(subject, from, &mut events).await?;
            if events.len() > ENTITY_EVENTS_MAX {
                return Err(Error::TooMany { subject: subject.to_string(), limit: ENTITY_EVENTS_MAX });
            }
            if pending == 0 {
                return Ok(events);
            }
        }
    }

    /// Up to a thousand events of a subject from a sequence on, in order, and whether there are more. It is for callers who keep what they
    /// have folded, so that a subject that keeps growing need not be read again from its beginning.
    ///
    /// # Errors
    /// As [`Self::last`].
    pub async fn entity_from(&self, subject: &Subject, from: u64) -> Result<(Vec<Recorded>, bool), Error> {
        let mut events = Vec::new();
        let pending = self.entity_batch(subject, from.max(1), &mut events).await?;
        Ok((events, pending > 0))
    }

    /// Reads one batch and says how many are left.
    async fn entity_batch(&self, subject: &Subject, from: u64, events: &mut Vec<Recorded>) -> Result<u64, Error> {
        let api = format!("$JS.API.DIRECT.GET.{}", subject.stream());
        let client = self.link.client();
        let mut since = self.link.since();
        let until = Instant::now() + REQUEST_TIME_MAX;
        let unavailable = |cause: String| Error::Unavailable(format!("{api}: {cause}"));
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(|error| unavailable(error.to_string()))?;
        let body = json!({ "seq": from, "next_by_subj": subject.as_str(), "batch": ENTITY_BATCH });
        client.publish_with_reply(api.clone(), inbox, body.to_string().into()).await.map_err(|error| unavailable(error.to_string()))?;
        loop {
            let answer = tokio::select! {
                biased;
                answer = answers.next() => answer.ok_or_else(|| unavailable("the connection was closed".to_owned()))?,
                error = since.broken(|refused| refused == api) => return Err(from_call(&api, error)),
                () = tokio::time::sleep_until(until) => return Err(from_call(&api, CallError::TimedOut)),
            };
            match answer.status.map(|status| status.as_u16()) {
                None => events.push(stored(subject, answer)?),
                Some(NOT_FOUND) => return Ok(0),
                Some(END_OF_BATCH) => return Ok(header(&answer, "Nats-Num-Pending").unwrap_or(0)),
                Some(_) => return Err(refused(api, &answer)),
            }
        }
    }
}

fn stored(subject: &Subject, answer: async_nats::Message) -> Result<Recorded, Error> {
    let sequence = header(&answer, "Nats-Sequence").unwrap_or(0);
    wire::decode(subject.stream(), sequence, subject.as_str(), answer.headers.as_ref(), answer.payload)
}

fn header(answer: &async_nats::Message, name: &str) -> Option<u64> {
    answer.headers.as_ref()?.get(name)?.as_str().parse().ok()
}

fn refused(request: String, answer: &async_nats::Message) -> Error {
    let code = answer.status.map_or(0, |status| u64::from(status.as_u16()));
    Error::Refused { request, code, description: answer.description.clone().unwrap_or_default() }
}
