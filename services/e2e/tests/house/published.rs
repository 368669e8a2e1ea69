//! What the recorder says fits what is published: every event that follows from Meta's samples, whole or broken in one place, is valid
//! by the schema of its type. Golden examples alone would only show that the schemas fit themselves.

#![expect(clippy::unwrap_used, reason = "in a test whatever is missing is a failure")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use contract::{CHANGE_RECEIVED, Context, ConversationEvent, Event, EventId, EventType, ProjectId, Recorded, Subject};
use jsonschema::Validator;
use recorder::decide::{Project, decide};
use recorder::items::{What, items};
use recorder::view::View;
use serde_json::{Value, json};

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

/// Meta's sample bodies, by file name.
fn samples() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(schemas().join("meta/webhooks")).unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.map(|path| {
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
    })
    .collect()
}

fn validators() -> BTreeMap<&'static str, Validator> {
    let read = |event_type: &str| -> Value {
        serde_json::from_slice(&std::fs::read(schemas().join(format!("events/{event_type}.schema.json"))).unwrap()).unwrap()
    };
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let types = ConversationEvent::TYPES.iter().copied();
    types.map(|event_type| (event_type, options.build(&read(event_type)).unwrap())).collect()
}

/// The events that follow from a body, as if it were the first that a project gets.
fn events_of(body: &Value) -> Vec<ConversationEvent> {
    let body = serde_json::to_vec(body).unwrap();
    let received: DateTime<Utc> = DateTime::from_timestamp(1_794_999_999, 123_456_789).unwrap();
    let project = Project { id: ProjectId::from_ulid(ulid::Ulid::from_parts(1, 2)), conversation_idle: Some(TimeDelta::hours(24)) };
    let mut view = View::default();
    let mut events = Vec::new();
    for change in whatsapp::split(&body).unwrap_or_default() {
        let recorded = Recorded {
            sequence: 1,
            subject: Subject::webhook("1", "messages").unwrap(),
            id: EventId::derive(CHANGE_RECEIVED, &[change.raw]),
            event_type: EventType::new(CHANGE_RECEIVED),
            source: "/paige/ingress".to_owned(),
            time: received,
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json".to_owned(),
            data: change.raw.as_bytes().to_vec().into(),
        };
        for item in items(&recorded) {
            if let What::Unassigned { key, raw } = &item.what {
                events.push(contract::UnassignedItemReceived { key: key.clone(), raw: raw.clone() }.into());
            }
            events.extend(decide(project, &mut view, &item).into_iter().map(|(_, event)| event));
        }
    }
    events
}

fn check(validators: &BTreeMap<&str, Validator>, case: &str, body: &Value, seen: &mut BTreeSet<&'static str>) {
    for event in events_of(body) {
        let data: Value = serde_json::from_slice(&event.encode()).unwrap();
        if let Err(error) = validators[event.event_type()].validate(&data) {
            panic!("{case}: {} does not fit its schema: {error} at {}", event.event_type(), error.instance_path());
        }
        seen.insert(event.event_type());
    }
}

#[test]
fn what_follows_from_every_sample_fits_its_schema() {
    let (validators, mut seen) = (validators(), BTreeSet::new());
    let samples = samples();
    assert!(samples.len() > 50, "{} samples", samples.len());
    for (name, body) in &samples {
        check(&validators, name, body, &mut seen);
    }
    for expected in ["message_received", "message_echoed", "message_imported", "message_status_reported", "contact_identity_replaced"] {
        assert!(seen.contains(format!("conversation.{expected}.v1").as_str()), "no sample leads to {expected}: {seen:?}");
    }
}

#[test]
fn what_follows_from_a_sample_that_is_broken_in_one_place_fits_its_schema_too() {
    let (validators, mut seen) = (validators(), BTreeSet::new());
    for (name, body) in samples() {
        for place in places(&body) {
            for broken in [Value::Null, json!(-1), json!(""), json!("\u{0}"), json!({}), json!([1]), json!(99_999_999_999_999_i64)] {
                let mut body = body.clone();
                let case = format!("{name} with {broken} at {place}");
                *body.pointer_mut(&place).unwrap() = broken;
                check(&validators, &case, &body, &mut seen);
            }
        }
    }
    assert!(seen.contains("conversation.unassigned_item_received.v1"), "breaking samples never made an item that names nobody");
}

/// Pointers to everything inside the changes.
fn places(body: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(object) => object.iter().map(|(name, inner)| (name.replace('~', "~0").replace('/', "~1"), inner)).collect(),
            Value::Array(array) => array.iter().enumerate().map(|(index, inner)| (index.to_string(), inner)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        for (name, inner) in children {
            let path = format!("{path}/{name}");
            walk(inner, &path, found);
            found.push(path);
        }
    }
    let mut found = Vec::new();
    walk(body, "", &mut found);
    found
}
