//! The AsyncAPI document names every stream, every type, and nothing else.

use std::collections::BTreeSet;
use std::fs;

use contract::{Stream, Subject};
use serde_json::Value;

use crate::published::{INTERNAL, ever, json, schemas, stems};

fn document() -> Value {
    let text = fs::read_to_string(schemas().join("asyncapi.yaml")).expect("schemas/asyncapi.yaml exists");
    serde_norway::from_str(&text).expect("schemas/asyncapi.yaml is YAML")
}

fn object<'a>(document: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let found = document.pointer(pointer).and_then(Value::as_object).unwrap_or_else(|| panic!("asyncapi.yaml has no {pointer}"));
    found.iter().map(|(name, value)| (name.as_str(), value))
}

/// The channel's subject with the example of each of its parameters.
fn example_subject(name: &str, channel: &Value) -> Subject {
    let mut address = channel["address"].as_str().unwrap().to_owned();
    for (parameter, described) in channel["parameters"].as_object().into_iter().flatten() {
        let example = described["examples"][0].as_str().unwrap_or_else(|| panic!("{name}: {parameter} has no example"));
        let placeholder = format!("{{{parameter}}}");
        assert!(address.contains(&placeholder), "{name}: {parameter} is not in {address}");
        address = address.replace(&placeholder, example);
    }
    Subject::parse(&address).unwrap_or_else(|error| panic!("{name}: {address} is no subject: {error}"))
}

#[test]
fn channels_are_the_public_streams() {
    let document = document();
    let described: BTreeSet<Stream> =
        object(&document, "/channels").map(|(name, channel)| example_subject(name, channel).stream()).collect();
    let public: BTreeSet<Stream> = Stream::ALL.into_iter().filter(|stream| !INTERNAL.contains(stream)).collect();
    assert_eq!(described, public);
}

#[test]
fn every_type_is_a_message_of_a_channel_of_its_stream() {
    let document = document();
    let types: BTreeSet<&str> = ever();
    let mut carried = BTreeSet::new();
    for (name, channel) in object(&document, "/channels") {
        let stream = example_subject(name, channel).stream();
        for (message, reference) in object(channel, "/messages") {
            assert_eq!(reference["$ref"], format!("#/components/messages/{message}"), "{name}");
            assert_eq!(message.split('.').next(), Some(stream.name()), "{name} carries {message}");
            assert!(carried.insert(message), "{message} is carried by two channels");
        }
    }
    assert_eq!(carried, types, "messages of the channels (left) and types in the code (right) differ");

    let described: BTreeSet<&str> = object(&document, "/components/messages").map(|(name, _)| name).collect();
    assert_eq!(described, types, "messages (left) and types in the code (right) differ");
    for (name, message) in object(&document, "/components/messages") {
        assert_eq!(message["name"], name);
        assert_eq!(message["payload"]["schema"]["$ref"], format!("./events/{name}.schema.json"));
        assert_eq!(message["title"], json(&format!("events/{name}.schema.json"))["title"]);
        assert_eq!(message["traits"][0]["$ref"], "#/components/messageTraits/cloudEvent");
    }
}

#[test]
fn every_channel_is_published_by_an_operation() {
    let document = document();
    let channels: BTreeSet<String> = object(&document, "/channels").map(|(name, _)| format!("#/channels/{name}")).collect();
    let published: BTreeSet<String> =
        object(&document, "/operations").filter_map(|(_, operation)| Some(operation["channel"]["$ref"].as_str()?.to_owned())).collect();
    assert_eq!(published, channels);
}

/// The wire examples are real messages: each of their headers is described, and each header that is required is there.
#[test]
fn headers_are_those_of_the_envelope() {
    let document = document();
    let traits = "/components/messageTraits";
    let properties = |name: &str| {
        object(&document, &format!("{traits}/{name}/headers/properties")).map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>()
    };
    let described = &properties("cloudEvent") | &properties("webhookAttributes");
    let headers = jsonschema::validator_for(&document["components"]["messageTraits"]["cloudEvent"]["headers"]).unwrap();
    let mut used = BTreeSet::new();
    for name in stems(&schemas().join("events/wire"), ".json") {
        let wire = json(&format!("events/wire/{name}.json"));
        assert!(
            headers.is_valid(&wire["headers"]),
            "{name}: {:?}",
            headers.validate(&wire["headers"]).err().map(|error| error.to_string())
        );
        used.extend(object(&wire, "/headers").map(|(name, _)| name.to_owned()));
    }
    used.remove("Nats-Msg-Id");
    assert_eq!(used, described, "headers of the wire examples (left) and of the document (right) differ");
}
