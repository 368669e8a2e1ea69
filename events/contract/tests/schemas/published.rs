//! What is published: the types that the code names and the files that the folder holds, read once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use contract::{
    BODY_UNREADABLE, BillingEvent, BotEvent, CHANGE_RECEIVED, ConversationEvent, DatabaseEvent, Event, FlowEvent, MediaEvent,
    PAYMENT_REPORTED, ParkedEvent, ProjectEvent, Stream, TemplateEvent, UsageEvent, WorkspaceEvent,
};
use jsonschema::Validator;
use serde_json::Value;

/// The folder of published contracts.
pub(crate) fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

/// Every type that the code writes today. Meta's own data has types and no enum, because there is nothing to decode.
pub(crate) fn types() -> BTreeSet<&'static str> {
    let enums = [
        ConversationEvent::TYPES,
        ProjectEvent::TYPES,
        DatabaseEvent::TYPES,
        WorkspaceEvent::TYPES,
        BillingEvent::TYPES,
        UsageEvent::TYPES,
        BotEvent::TYPES,
        FlowEvent::TYPES,
        TemplateEvent::TYPES,
        MediaEvent::TYPES,
        ParkedEvent::TYPES,
    ];
    enums.into_iter().flatten().copied().chain([CHANGE_RECEIVED, BODY_UNREADABLE, PAYMENT_REPORTED]).collect()
}

/// Every type that may be in a log: those of today and those that were written before.
pub(crate) fn ever() -> BTreeSet<&'static str> {
    types().into_iter().chain(contract::superseded()).collect()
}

/// What `follow`, `position` and their like keep for themselves: on the broker, and no part of the contract.
pub(crate) const INTERNAL: [Stream; 1] = [Stream::Position];

/// The names of the files in `folder` that end in `suffix`, without it.
pub(crate) fn stems(folder: &Path, suffix: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.filter_map(|entry| entry.unwrap().file_name().to_str().and_then(|name| name.strip_suffix(suffix)).map(str::to_owned)).collect()
}

/// A file of the folder, as JSON.
pub(crate) fn json(path: &str) -> Value {
    let text = fs::read(schemas().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The golden example of a type.
pub(crate) fn example(event_type: &str) -> Value {
    json(&format!("events/{event_type}.example.json"))
}

/// The schema of a type, with formats checked too.
pub(crate) fn validator(event_type: &str) -> Validator {
    let schema = json(&format!("events/{event_type}.schema.json"));
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{event_type}: not a schema: {error}"))
}

/// Reads data as its type and writes it again; `None` if it cannot be read. Meta's data is carried as it is.
pub(crate) fn through_the_code(event_type: &str, data: &Value) -> Option<Value> {
    let bytes = serde_json::to_vec(data).unwrap();
    let stream = Stream::parse(event_type.split('.').next().unwrap()).unwrap_or_else(|| panic!("{event_type}: starts with no stream"));
    let encoded = match stream {
        Stream::Webhook => Some(bytes.into()),
        Stream::Project => ProjectEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Database => DatabaseEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Conversation => ConversationEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Workspace => WorkspaceEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Billing => BillingEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Usage => UsageEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Bot => BotEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Flow => FlowEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Template => TemplateEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Media => MediaEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Parked => ParkedEvent::decode_current(event_type, &bytes).ok().map(|event| event.encode()),
        Stream::Position => panic!("{event_type}: the stream is internal"),
    };
    encoded.map(|encoded| serde_json::from_slice(&encoded).unwrap())
}

#[test]
fn every_type_has_a_schema_and_an_example_and_no_file_is_left_over() {
    let folder = schemas().join("events");
    let types: BTreeSet<String> = ever().into_iter().map(str::to_owned).collect();
    for suffix in [".schema.json", ".example.json"] {
        assert_eq!(stems(&folder, suffix), types, "files ending in {suffix} (left) and types in the code (right) differ");
    }
    let strangers: Vec<String> =
        stems(&folder, "").into_iter().filter(|name| !name.ends_with(".json") && name != "FROZEN" && name != "wire").collect();
    assert_eq!(strangers, Vec::<String>::new(), "files that belong to no type");
}

#[test]
fn every_public_stream_has_a_type() {
    let with_types: BTreeSet<Stream> = types().into_iter().filter_map(|event_type| Stream::parse(event_type.split('.').next()?)).collect();
    let public: BTreeSet<Stream> = Stream::ALL.into_iter().filter(|stream| !INTERNAL.contains(stream)).collect();
    assert_eq!(with_types, public);
}
