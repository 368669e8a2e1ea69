//! CloudEvents 1.0 in binary mode: attributes are headers, the body is the data. A subscriber needs no library of ours.
//!
//! Source: CloudEvents 1.0.2 and its NATS protocol binding (headers `ce-<attribute>`, `content-type` for the data).

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::event::KNOWN_TYPES;
use crate::{EventId, Stream, Subject};

/// The version of the CloudEvents specification that is spoken.
const SPEC_VERSION: &str = "1.0";
const EXTENSION_PREFIX: &str = "ce-";

/// The actor of what services do by themselves.
pub const SYSTEM_ACTOR: &str = "system";

/// An event's type and version, `conversation.message_received.v1`. Known ones cost no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType(Cow<'static, str>);

impl EventType {
    /// Takes a type as written in a header.
    pub fn new(text: &str) -> Self {
        let known = KNOWN_TYPES.iter().flat_map(|types| types.iter()).find(|known| **known == text);
        Self(known.map_or_else(|| Cow::Owned(text.to_owned()), |known| Cow::Borrowed(*known)))
    }

    /// As written in a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// From where an event comes, beyond its own facts. All of it may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// W3C trace context of the work that wrote the event.
    pub traceparent: Option<String>,
    /// What belongs together across services: the id of the first event or request.
    pub correlation: Option<String>,
    /// The event that this one follows from.
    pub causation: Option<EventId>,
    /// Who did it: `meta`, `key_…`, `usr_…`, [`SYSTEM_ACTOR`].
    pub actor: Option<String>,
}

impl Context {
    /// Of what `actor` does of their own accord, in the trace of `traceparent`.
    pub fn own(actor: &str, traceparent: Option<String>) -> Self {
        Self { traceparent, correlation: None, causation: None, actor: Some(actor.to_owned()) }
    }

    /// Of what `actor` asks for by the request with this id.
    pub fn of_request(request: &str, actor: &str, traceparent: Option<String>) -> Self {
        Self { correlation: Some(request.to_owned()), ..Self::own(actor, traceparent) }
    }

    /// Of what `actor` does because of an event: that is the cause, and what belonged together with it goes on. `trace` gives the `traceparent`
    /// of the work that is done, by that of its cause.
    pub fn following(cause: &Recorded, trace: impl FnOnce(Option<&str>) -> Option<String>, actor: &str) -> Self {
        let Self { traceparent, correlation, .. } = &cause.context;
        let traceparent = trace(traceparent.as_deref());
        Self { traceparent, correlation: correlation.clone(), causation: Some(cause.id), actor: Some(actor.to_owned()) }
    }
}

/// An event that is not in the log yet.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Also the broker's message id: a second event of the same id within its window is dropped.
    pub id: EventId,
    /// One of the published types.
    pub event_type: &'static str,
    /// The service that says it, `/paige/ingress`.
    pub source: &'static str,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// Trace, cause and actor.
    pub context: Context,
    /// Further CloudEvents attributes: lower-case letters and digits.
    pub extensions: Vec<(&'static str, String)>,
    /// Media type of the data.
    pub content_type: &'static str,
    /// The facts.
    pub data: Bytes,
}

impl NewEvent {
    /// Every header of the event except the broker's own.
    pub fn headers(&self, mut put: impl FnMut(&str, &str)) {
        put("ce-specversion", SPEC_VERSION);
        put("ce-id", &self.id.to_string());
        put("ce-type", self.event_type);
        put("ce-source", self.source);
        put("ce-time", &self.time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        put("content-type", self.content_type);
        if let Some(traceparent) = &self.context.traceparent {
            put("ce-traceparent", traceparent);
        }
        if let Some(correlation) = &self.context.correlation {
            put("ce-correlationid", correlation);
        }
        if let Some(causation) = &self.context.causation {
            put("ce-causationid", &causation.to_string());
        }
        if let Some(actor) = &self.context.actor {
            put("ce-actor", actor);
        }
        for (name, value) in &self.extensions {
            put(&format!("{EXTENSION_PREFIX}{name}"), value);
        }
    }
}

/// An event as the log has it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The sequence in its stream, from 1.
    pub sequence: u64,
    /// Where it is kept.
    pub subject: Subject,
    /// Its id.
    pub id: EventId,
    /// Its type and version.
    pub event_type: EventType,
    /// The service that said it.
    pub source: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// Trace, cause and actor.
    pub context: Context,
    /// Further CloudEvents attributes, without `ce-`.
    pub extensions: Vec<(String, String)>,
    /// Media type of the data.
    pub content_type: String,
    /// The facts.
    pub data: Bytes,
}

/// Why a stored message is not one of our events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// A required header is missing.
    #[error("header {0} is missing")]
    Missing(&'static str),
    /// A header does not hold what it must.
    #[error("header {0} is malformed")]
    Malformed(&'static str),
}

impl Recorded {
    /// Reads the headers of a stored message, in any order. Foreign headers are passed over.
    pub fn from_headers<'a>(
        sequence: u64,
        subject: Subject,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        data: Bytes,
    ) -> Result<Self, EnvelopeError> {
        let (mut id, mut event_type, mut source, mut time) = (None, None, None, None);
        let mut context = Context::default();
        let mut extensions = Vec::new();
        let mut content_type = String::new();
        for (name, value) in headers {
            match name {
                "ce-id" => id = Some(value.parse().map_err(|_| EnvelopeError::Malformed("ce-id"))?),
                "ce-type" => event_type = Some(EventType::new(value)),
                "ce-source" => source = Some(value.to_owned()),
                "ce-time" => time = Some(DateTime::parse_from_rfc3339(value).map_err(|_| EnvelopeError::Malformed("ce-time"))?.to_utc()),
                "content-type" => value.clone_into(&mut content_type),
                "ce-traceparent" => context.traceparent = Some(value.to_owned()),
                "ce-correlationid" => context.correlation = Some(value.to_owned()),
                "ce-causationid" => context.causation = Some(value.parse().map_err(|_| EnvelopeError::Malformed("ce-causationid"))?),
                "ce-actor" => context.actor = Some(value.to_owned()),
                "ce-specversion" => {}
                other => {
                    if let Some(extension) = other.strip_prefix(EXTENSION_PREFIX) {
                        extensions.push((extension.to_owned(), value.to_owned()));
                    }
                }
            }
        }
        Ok(Self {
            sequence,
            subject,
            id: id.ok_or(EnvelopeError::Missing("ce-id"))?,
            event_type: event_type.ok_or(EnvelopeError::Missing("ce-type"))?,
            source: source.ok_or(EnvelopeError::Missing("ce-source"))?,
            time: time.ok_or(EnvelopeError::Missing("ce-time"))?,
            context,
            extensions,
            content_type,
            data,
        })
    }

    /// The stream that keeps it.
    pub fn stream(&self) -> Stream {
        self.subject.stream()
    }

    /// The value of a further attribute.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn event() -> NewEvent {
        NewEvent {
            id: EventId::from_ulid(Ulid::from_parts(1, 2)),
            event_type: crate::CHANGE_RECEIVED,
            source: "/paige/ingress",
            time: DateTime::from_timestamp_millis(1_794_992_403_123).unwrap(),
            context: Context {
                traceparent: Some("00-1-2-01".into()),
                correlation: Some("c".into()),
                causation: Some(EventId::from_ulid(Ulid::from_parts(3, 4))),
                actor: Some("meta".into()),
            },
            extensions: vec![("wabaid", "104857392016384".into())],
            content_type: "application/json",
            data: Bytes::from_static(b"{}"),
        }
    }

    fn read(headers: &[(String, String)]) -> Result<Recorded, EnvelopeError> {
        let subject = Subject::parse("webhook.1.messages").unwrap();
        Recorded::from_headers(9, subject, headers.iter().map(|(n, v)| (n.as_str(), v.as_str())), Bytes::from_static(b"{}"))
    }

    #[test]
    fn an_event_survives_its_headers() {
        let event = event();
        let mut headers = Vec::new();
        event.headers(|name, value| headers.push((name.to_owned(), value.to_owned())));
        headers.reverse();
        let read = read(&headers).unwrap();
        assert_eq!((read.id, read.event_type.as_str(), read.time, read.sequence), (event.id, event.event_type, event.time, 9));
        assert_eq!(read.context, event.context);
        assert_eq!(read.extension("wabaid"), Some("104857392016384"));
    }

    #[test]
    fn a_message_that_is_not_ours_is_named_as_such() {
        assert_eq!(read(&[]).unwrap_err(), EnvelopeError::Missing("ce-id"));
        assert_eq!(read(&[("ce-id".into(), "1".into())]).unwrap_err(), EnvelopeError::Malformed("ce-id"));
    }
}
