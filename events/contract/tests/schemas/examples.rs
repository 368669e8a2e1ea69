//! Schema, golden example and code say the same: what one accepts, the others accept.

use contract::{ContactId, ConversationId, Event, Identity, MessageId};
use serde_json::{Value, json};

use crate::published::{example, json, through_the_code, types, validator};

#[test]
fn every_schema_is_one_and_says_what_it_is() {
    for event_type in types() {
        let schema = json(&format!("events/{event_type}.schema.json"));
        assert!(jsonschema::meta::is_valid(&schema), "{event_type}: not valid by its own meta-schema");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{event_type}");
        assert_eq!(schema["$id"], format!("urn:paige:event:{event_type}"));
        assert!(schema["$comment"].as_str().is_some_and(|text| text.starts_with("Frozen")), "{event_type}: does not say that it is frozen");
        described(event_type, &schema);
    }
}

/// Every property carries a description.
fn described(place: &str, schema: &Value) {
    assert!(schema["description"].as_str().is_some_and(|text| !text.is_empty()) || place.contains("$defs"), "{place}: no description");
    for part in ["properties", "$defs"] {
        for (name, inner) in schema[part].as_object().into_iter().flatten() {
            described(&format!("{place}/{part}/{name}"), inner);
        }
    }
}

#[test]
fn every_example_fits_its_schema_and_survives_the_code() {
    for event_type in types() {
        let example = example(event_type);
        if let Err(error) = validator(event_type).validate(&example) {
            panic!("{event_type}: the example does not fit its schema: {error} at {}", error.instance_path());
        }
        assert_eq!(through_the_code(event_type, &example).as_ref(), Some(&example), "{event_type}: read and written again, it differs");
    }
}

/// What was ever written can be read for ever.
#[test]
fn examples_of_older_versions_fit_their_schemas_and_are_read_as_the_current_one() {
    for event_type in contract::superseded() {
        let example = example(event_type);
        assert!(validator(event_type).is_valid(&example), "{event_type}: the example does not fit its schema");
        let headers = [
            ("ce-id", "evt_01M74XBVHR5MY3V435479NBTEA"),
            ("ce-type", event_type),
            ("ce-source", "/paige/test"),
            ("ce-time", "2026-11-20T12:00:00Z"),
        ];
        let stream = event_type.split('.').next().unwrap();
        let entity = if stream == "flow" { ".flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D" } else { "" };
        let subject = contract::Subject::parse(&format!("{stream}.prj_01M74XBVHR5MY3V435479NBTEA{entity}")).unwrap();
        let recorded =
            contract::Recorded::from_headers(1, subject, headers.into_iter(), serde_json::to_vec(&example).unwrap().into()).unwrap();
        let current = match stream {
            "project" => contract::ProjectEvent::decode(&recorded).map(|event| event.event_type()),
            "billing" => contract::BillingEvent::decode(&recorded).map(|event| event.event_type()),
            "flow" => contract::FlowEvent::decode(&recorded).map(|event| event.event_type()),
            other => panic!("{other}: who reads it?"),
        };
        let current = current.unwrap_or_else(|error| panic!("{event_type}: {error}"));
        assert!(types().contains(current), "{event_type} becomes {current}");
    }
}

/// Takes out each field of each example, and puts something impossible into it, one at a time: schema and code agree on whether the rest is an
/// event, and what the code writes of it fits the schema, whether it leaves an empty field out or writes `null`.
#[test]
fn schema_and_code_agree_on_what_is_required_and_of_which_type() {
    for event_type in types() {
        let (example, validator) = (example(event_type), validator(event_type));
        let decoded_by_us = !event_type.starts_with("webhook.");
        for place in fields(&example) {
            let mut broken = vec![("without it", without(&example, &place))];
            if !place.contains("/raw") {
                broken.push(("with -1.5 in it", with(&example, &place, json!(-1.5))));
            }
            for (how, value) in broken {
                if decoded_by_us {
                    let written = through_the_code(event_type, &value);
                    let (schema, code) = (validator.is_valid(&value), written.is_some());
                    assert_eq!(schema, code, "{event_type} {place} {how}: schema accepts: {schema}, code accepts: {code}");
                    if let Some(written) = written {
                        assert!(validator.is_valid(&written), "{event_type} {place} {how}: is written as {written}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_required_field_is_missed() {
    for event_type in types() {
        let schema = json(&format!("events/{event_type}.schema.json"));
        let (example, validator) = (example(event_type), validator(event_type));
        for name in schema["required"].as_array().into_iter().flatten() {
            let place = format!("/{}", name.as_str().unwrap());
            assert!(!validator.is_valid(&without(&example, &place)), "{event_type}: accepted without {place}");
        }
        if schema["additionalProperties"] == json!(false) {
            let mut more = example;
            more["surprise"] = json!(true);
            assert!(!validator.is_valid(&more), "{event_type}: accepted a field that it does not have");
        }
    }
}

/// The ids in the examples are the derived ones: another derivation would give every stored contact a second id.
#[test]
fn derivations_are_frozen_with_the_examples() {
    let project = example("project.number_claimed.v1")["project"].as_str().unwrap().parse().unwrap();
    let first_seen = example("conversation.contact_first_seen.v1");
    let identity: Identity = serde_json::from_value(first_seen["identities"][0].clone()).unwrap();
    let contact = ContactId::derive(project, &identity);
    assert_eq!(json("events/wire/conversation.message_received.v1.json")["subject"], format!("conversation.{project}.{contact}"));

    let received = example("conversation.message_received.v1");
    let sent_at: chrono::DateTime<chrono::Utc> = serde_json::from_value(received["sent_at"].clone()).unwrap();
    let sent_at_ms = sent_at.timestamp_millis().try_into().unwrap();
    let message = MessageId::derive(project, received["wamid"].as_str().unwrap(), sent_at_ms);
    assert_eq!(received["message"], message.to_string());
    assert_eq!(received["conversation"], ConversationId::derive(contact, message).to_string());
}

/// The pointers of all fields of objects, at any depth, except Meta's own below `raw`.
fn fields(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(object) = value.as_object() {
        for (name, inner) in object {
            found.push(format!("/{name}"));
            if name != "raw" {
                found.extend(fields(inner).into_iter().map(|place| format!("/{name}{place}")));
            }
        }
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(fields(inner).into_iter().map(|place| format!("/{index}{place}")));
    }
    found
}

fn without(value: &Value, place: &str) -> Value {
    let mut value = value.clone();
    let (parent, name) = place.rsplit_once('/').unwrap();
    value.pointer_mut(parent).and_then(Value::as_object_mut).unwrap().remove(name);
    value
}

fn with(value: &Value, place: &str, new: Value) -> Value {
    let mut value = value.clone();
    *value.pointer_mut(place).unwrap() = new;
    value
}
