//! What services said, held against what is published: every event of a log is of a published type, on a subject of a channel that carries
//! the type, and its data fit the type's schema. The contract's own tests would only show that schemas, examples and types fit each other.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use contract::{Recorded, Stream};
use futures::StreamExt;
use journal::{ConnectOptions, Filter, Journal, Range};
use jsonschema::Validator;
use serde_json::Value;

/// Where the document lists what a channel carries.
const CARRIED: &str = "$ref: '#/components/messages/";
const JSON: &str = "application/json";

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

/// The subject of each type, with its parameters in braces.
fn addresses() -> BTreeMap<String, String> {
    let document = std::fs::read_to_string(schemas().join("asyncapi.yaml")).unwrap();
    let (mut address, mut addresses) = (String::new(), BTreeMap::new());
    for line in document.lines().map(str::trim) {
        if let Some(found) = line.strip_prefix("address: ") {
            found.trim_matches('\'').clone_into(&mut address);
        } else if let Some(event_type) = line.strip_prefix(CARRIED) {
            addresses.insert(event_type.trim_end_matches('\'').to_owned(), address.clone());
        }
    }
    addresses
}

fn is_at(event: &Recorded, address: &str) -> bool {
    let (subject, address): (Vec<&str>, Vec<&str>) = (event.subject.as_str().split('.').collect(), address.split('.').collect());
    subject.len() == address.len() && subject.iter().zip(address).all(|(token, wanted)| wanted.starts_with('{') || *token == wanted)
}

fn schema(event_type: &str) -> Validator {
    let path = schemas().join(format!("events/{event_type}.schema.json"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{event_type} is said and not published: {error}"));
    let schema: Value = serde_json::from_slice(&text).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Looks at every event of a log, but at what followers keep for themselves. Gives the types that were there.
pub(crate) async fn is_as_published(nats_url: &str) -> BTreeSet<String> {
    let journal = Journal::connect(ConnectOptions::new(nats_url, "e2e")).await.unwrap();
    let (addresses, mut validators) = (addresses(), BTreeMap::<String, Validator>::new());
    for stream in Stream::ALL.into_iter().filter(|stream| *stream != Stream::Position) {
        let events: Vec<Recorded> = journal.replay(stream, Range::ALL, Filter::all()).map(Result::unwrap).collect().await;
        for event in events {
            let event_type = event.event_type.as_str();
            let address = addresses.get(event_type).unwrap_or_else(|| panic!("no channel carries {event_type}"));
            assert!(is_at(&event, address), "{event_type} is published at {address} and was said at {}", event.subject);
            assert_eq!(event.content_type, JSON, "{event_type} of {}", event.subject);
            let validator = validators.entry(event_type.to_owned()).or_insert_with_key(|event_type| schema(event_type));
            let data: Value = serde_json::from_slice(&event.data).unwrap();
            if let Err(error) = validator.validate(&data) {
                panic!("{event_type} of {} does not fit its schema: {error} at {}", event.subject, error.instance_path());
            }
        }
    }
    validators.into_keys().collect()
}
