//! The events that the journal writes itself: holds, releases, operators' requests, positions.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use contract::{Context, Event, EventId, NewEvent, ParkedEvent, Stream};

/// Type of a follower's position. Not part of the published contract: a hint that nobody else reads.
const POSITION_ADVANCED: &str = "position.advanced.v1";
const SOURCE: &str = "/paige/journal";

/// When a record was written, for whoever reads it. Nothing is decided by it.
#[expect(clippy::disallowed_methods, reason = "the journal sits below the process's clock, and only people read this time")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// `after`: the last event on the subject when this one was decided. With the event's own words it makes the id unique, and a retry's the same:
/// two that were decided after the same one are two.
pub(super) fn parked(event: ParkedEvent, service: &str, stream: Stream, key: &str, after: u64) -> NewEvent {
    let id = EventId::derive_from_bytes(event.event_type(), &[service, stream.name(), key, &after.to_string()], &event.encode());
    event.into_new(id, SOURCE, now(), Context::default())
}

pub(super) fn position(service: &str, stream: Stream, data: Bytes) -> NewEvent {
    let time = now();
    NewEvent {
        id: EventId::derive(POSITION_ADVANCED, &[service, stream.name(), &time.to_rfc3339(), std::str::from_utf8(&data).unwrap_or("")]),
        event_type: POSITION_ADVANCED,
        source: SOURCE,
        time,
        context: Context::default(),
        extensions: Vec::new(),
        content_type: "application/json",
        data,
    }
}

/// A record of the recorder's as it is read from the log, for tests.
#[cfg(test)]
pub(super) fn recorded(event: ParkedEvent, sequence: u64) -> contract::Recorded {
    let new = parked(event, "recorder", Stream::Webhook, "k", sequence - 1);
    let mut headers = Vec::new();
    new.headers(|name, value| headers.push((name.to_owned(), value.to_owned())));
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let subject = contract::Subject::parked("recorder", Stream::Webhook).expect("a subject");
    contract::Recorded::from_headers(sequence, subject, pairs, new.data.clone()).expect("an event")
}
