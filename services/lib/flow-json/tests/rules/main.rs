//! The rules one by one: a valid document, one change, the errors that it must have.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod components;
mod expressions;
mod limits;
mod payloads;
mod screens;
mod versions;
mod ways;

use flow_json::{Report, check};
use serde_json::{Value, json};

const BASE: &str = include_str!("../../../../../schemas/meta/flows/valid-base-for-invalid-samples.json");
const WITH_ENDPOINT: &str = include_str!("../../../../../schemas/meta/flows/valid-appointment-booking-endpoint.json");

/// The valid base: what a change is made to.
fn base() -> Value {
    serde_json::from_str(BASE).unwrap()
}

fn with_endpoint() -> Value {
    serde_json::from_str(WITH_ENDPOINT).unwrap()
}

/// Puts a value at a place; the last step of the pointer may be new. `null` takes away.
fn set(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is not there")) {
        Value::Object(members) if value.is_null() => drop(members.remove(last)),
        Value::Object(members) => drop(members.insert(last.to_owned(), value)),
        Value::Array(elements) if last == "-" => elements.push(value),
        Value::Array(elements) => elements[last.parse::<usize>().unwrap()] = value,
        other => panic!("{other} holds nothing"),
    }
    document
}

fn judge(document: &Value) -> Report {
    let text = serde_json::to_string_pretty(document).unwrap();
    let report = check(text.as_bytes());
    let lines = text.lines().count();
    for error in &report.errors {
        let ordered = (error.line_start, error.column_start) <= (error.line_end, error.column_end);
        assert!(error.line_start >= 1 && error.column_start >= 1 && error.line_end <= lines && ordered, "{error:?}");
    }
    report
}

/// Exactly these errors: their code and a part of their message.
#[track_caller]
fn refused(document: &Value, expected: &[(&str, &str)]) {
    let report = judge(document);
    let found: Vec<(&str, &str)> = report.errors.iter().map(|error| (error.error.as_str(), error.message.as_str())).collect();
    let fits = found.len() == expected.len()
        && found.iter().zip(expected).all(|((code, message), (wanted, part))| code == wanted && message.contains(part));
    assert!(fits, "expected {expected:#?}\nfound {found:#?}");
}

#[track_caller]
fn taken(document: &Value) {
    refused(document, &[]);
}

/// A component in front of the first screen's.
fn with_component(component: Value) -> Value {
    let mut document = base();
    document.pointer_mut("/screens/0/layout/children").unwrap().as_array_mut().unwrap().insert(0, component);
    document
}

/// A document in which the first screen has data of every type, with a component in front.
fn with_data(component: Value) -> Value {
    let data = json!({
        "text": {"type": "string", "__example__": "a"},
        "number": {"type": "number", "__example__": 1.5},
        "bool": {"type": "boolean", "__example__": true},
        "texts": {"type": "array", "items": {"type": "string"}, "__example__": []},
        "object": {"type": "object", "properties": {"inner": {"type": "string"}}, "__example__": {"inner": "x"}},
        "options": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}, "title": {"type": "string"}}}, "__example__": []},
        "untitled": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}, "__example__": []},
    });
    set(with_component(component), "/screens/0/data", data)
}
