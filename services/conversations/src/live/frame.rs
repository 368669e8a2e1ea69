//! Events as server-sent events. Source: HTML Living Standard, 9.2 "Server-sent events".

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use contract::{ContactId, EventId, ProjectId, Recorded};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// After how many milliseconds a browser comes back.
const RETRY_MS: u32 = 1_000;

/// What stands in `data` of a live event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveEvent<'e> {
    /// The event's id in the log.
    #[schema(value_type = String, example = "evt_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: EventId,
    /// Its type and version in the log; `event` is the part in the middle.
    #[schema(example = "conversation.message_received.v1")]
    r#type: &'e str,
    /// When it was recorded.
    time: DateTime<Utc>,
    #[schema(value_type = String, example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    project: ProjectId,
    /// Whom it is about; null: nobody who is known.
    #[schema(value_type = Option<String>, example = "con_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    contact: Option<ContactId>,
    /// The event's own fields, as its published schema says.
    #[schema(value_type = Object)]
    data: &'e RawValue,
}

/// Why a stream could not go on where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reset {
    /// The events behind that id are not remembered any more.
    TooOld,
    /// No event ever had that id.
    Unknown,
    /// The events came faster than they were read.
    TooSlow,
    /// The log was read anew.
    Restarted,
}

/// The events, each with its sequence as id.
pub(crate) fn events(project: ProjectId, events: &[Arc<Recorded>], position: u64) -> Bytes {
    let mut text = Vec::with_capacity(events.iter().map(|event| event.data.len() + 512).sum());
    for event in events {
        write_event(&mut text, project, event);
    }
    if events.last().is_some_and(|last| last.sequence < position) {
        write_position(&mut text, position);
    }
    text.into()
}

/// An id without an event: a browser that comes back will name it. It also keeps the connection alive.
pub(crate) fn position(sequence: u64) -> Bytes {
    let mut text = format!("retry: {RETRY_MS}\n").into_bytes();
    write_position(&mut text, sequence);
    text.into()
}

/// Word that the stream goes on at `position`, and that something before it may be missing.
pub(crate) fn reset(reason: Reset, position: u64) -> Bytes {
    let data = serde_json::json!({ "reason": reason, "hint": "load again what you show; the stream goes on from here" });
    format!("id: {position}\nevent: reset\ndata: {data}\n\n").into()
}

fn write_event(text: &mut Vec<u8>, project: ProjectId, event: &Recorded) {
    let Ok(data) = serde_json::from_slice(&event.data) else {
        tracing::error!(project.id = %project, stream.seq = event.sequence, "an event's data is not json, left out of live streams");
        return write_position(text, event.sequence);
    };
    let event_type = event.event_type.as_str();
    let live = LiveEvent { id: event.id, r#type: event_type, time: event.time, project, contact: event.subject.contact_id(), data };
    let json = serde_json::to_vec(&live).unwrap_or_default();
    put(text, format_args!("id: {}\nevent: {}\n", event.sequence, short(event_type)));
    // What Meta sent may have line ends between its tokens; a line of data must not.
    for line in json.split(|byte| matches!(byte, b'\n' | b'\r')) {
        text.extend_from_slice(b"data: ");
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.push(b'\n');
}

fn write_position(text: &mut Vec<u8>, sequence: u64) {
    put(text, format_args!("id: {sequence}\n\n"));
}

/// Writing into memory does not fail.
fn put(text: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    let _infallible = text.write_fmt(arguments);
}

/// `message_received` of `conversation.message_received.v1`.
fn short(event_type: &str) -> &str {
    event_type.split('.').nth(1).unwrap_or(event_type)
}

#[cfg(test)]
mod tests {
    use contract::{Context, EventType, Subject};
    use ulid::Ulid;

    use super::*;

    #[test]
    fn line_ends_in_what_meta_sent_do_not_break_an_event() {
        let project = ProjectId::from_ulid(Ulid::from_parts(1, 2));
        let event = Recorded {
            sequence: 7,
            subject: Subject::unassigned(project),
            id: EventId::derive("t", &[]),
            event_type: EventType::new("conversation.unassigned_item_received.v1"),
            source: "/t".into(),
            time: DateTime::from_timestamp(1_794_992_403, 0).unwrap(),
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json".into(),
            data: Bytes::from_static(b"{\"raw\":{\n\"a\" :\r\n 1,\r\"b\":\"\\n\"}}"),
        };
        let text = String::from_utf8(events(project, &[Arc::new(event)], 9).to_vec()).unwrap();
        let (event, position) = text.split_once("\n\n").unwrap();
        assert_eq!(position, "id: 9\n\n");
        let mut lines = event.split('\n');
        assert_eq!((lines.next(), lines.next()), (Some("id: 7"), Some("event: unassigned_item_received")));
        let data: Vec<&str> = lines.map(|line| line.strip_prefix("data: ").unwrap()).collect();
        let json: serde_json::Value = serde_json::from_str(&data.join("\n")).unwrap();
        assert_eq!(json["data"]["raw"], serde_json::json!({"a": 1, "b": "\n"}));
        assert_eq!(json["contact"], serde_json::Value::Null);
    }
}
