//! Whole messages as a subscriber gets them: subject, headers and data.

use std::collections::BTreeMap;

use bytes::Bytes;
use contract::{NewEvent, Recorded, Subject};
use serde_json::Value;

use crate::published::{json, schemas, stems, types, validator};

/// The broker's own header: the journal adds it, it is no part of the envelope.
const MESSAGE_ID: &str = "Nats-Msg-Id";

fn read(name: &str, wire: &Value) -> (BTreeMap<String, String>, Recorded) {
    let headers: BTreeMap<String, String> = serde_json::from_value(wire["headers"].clone()).unwrap();
    let data = match wire["data_text"].as_str() {
        Some(text) => Bytes::copy_from_slice(text.as_bytes()),
        None => serde_json::to_vec(&wire["data"]).unwrap().into(),
    };
    let subject = Subject::parse(wire["subject"].as_str().unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let recorded = Recorded::from_headers(1, subject, pairs, data).unwrap_or_else(|error| panic!("{name}: {error}"));
    (headers, recorded)
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[test]
fn every_wire_example_is_an_event_and_is_written_the_same_again() {
    let names = stems(&schemas().join("events/wire"), ".json");
    assert!(!names.is_empty());
    for name in names {
        let wire = json(&format!("events/wire/{name}.json"));
        let (mut headers, recorded) = read(&name, &wire);
        assert!(types().contains(recorded.event_type.as_str()), "{name}: of no published type");
        assert!(recorded.event_type.as_str().starts_with(recorded.stream().name()), "{name}: its type is not one of its stream's");
        assert_eq!(headers.remove(MESSAGE_ID), Some(recorded.id.to_string()), "{name}: the broker's message id is the event's");

        let event = NewEvent {
            id: recorded.id,
            event_type: leaked(recorded.event_type.as_str()),
            source: leaked(&recorded.source),
            time: recorded.time,
            context: recorded.context.clone(),
            extensions: recorded.extensions.iter().map(|(name, value)| (leaked(name), value.clone())).collect(),
            content_type: leaked(&recorded.content_type),
            data: recorded.data.clone(),
        };
        let mut written = BTreeMap::new();
        event.headers(|name, value| assert_eq!(written.insert(name.to_owned(), value.to_owned()), None));
        assert_eq!(written, headers, "{name}");
        if wire["data_text"].is_null() {
            assert!(validator(recorded.event_type.as_str()).is_valid(&wire["data"]), "{name}: the data does not fit its schema");
        }
    }
}
