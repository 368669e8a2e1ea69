//! Good documents made worse: a place dropped, replaced, renamed, repeated or swapped with another.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use whatsapp::FieldError;

const CODES: [&str; 11] =
    ["required", "unknown_property", "type", "too_long", "too_short", "too_many", "too_few", "duplicate", "format", "not_allowed", "value"];

#[derive(Debug, Clone)]
enum Mutation {
    Drop,
    Become(Value),
    Rename(String),
    Repeat(usize),
    SwapWith(usize),
}

/// One of the documents with up to three mutations.
pub(crate) fn mutated(samples: Vec<(String, Value)>) -> impl Strategy<Value = Value> {
    let samples: Vec<Value> = samples.into_iter().map(|(_, json)| json).collect();
    (prop::sample::select(samples), prop::collection::vec((any::<prop::sample::Index>(), mutation()), 0..=3)).prop_map(
        |(mut json, mutations)| {
            for (at, mutation) in mutations {
                let mut found = Vec::new();
                places(&json, String::new(), &mut found);
                mutate(&mut json, &found, &found[at.index(found.len())], &mutation);
            }
            json
        },
    )
}

/// Each error has a code that is known, a sentence, and a place that is there, or whose parent is.
pub(crate) fn errors_are_in_order(document: &Value, errors: &[FieldError]) -> Result<(), TestCaseError> {
    prop_assert!(!errors.is_empty() && errors.len() <= whatsapp::FIELD_ERRORS_MAX);
    for error in errors {
        prop_assert!(CODES.contains(&error.code), "{error:?}");
        prop_assert!(!error.detail.is_empty(), "{error:?}");
        let parent = error.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        let there = document.pointer(&error.pointer).is_some();
        prop_assert!(there || (error.code == "required" && document.pointer(parent).is_some()), "{error:?} in {document}");
    }
    Ok(())
}

fn odd_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([])),
        Just(json!("")),
        Just(json!("a\0b")),
        Just(json!({"a/b~c": {"\0": [[["\0"]]]}})),
        Just(Value::from(vec![json!({}); 300])),
        Just(json!("x".repeat(5_000))),
        Just((0..100).fold(json!(1), |inner, _| json!([inner]))),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "https://[a-z.:/@]{0,12}".prop_map(Value::from),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let keys = prop::sample::select(vec!["type", "text", "id", "link", "to", "image", "parameters", "context", "~/", ""]);
    prop_oneof![
        Just(Mutation::Drop),
        odd_json().prop_map(Mutation::Become),
        keys.prop_map(|key| Mutation::Rename(key.to_owned())),
        (0..40_usize).prop_map(Mutation::Repeat),
        any::<usize>().prop_map(Mutation::SwapWith),
    ]
}

fn places(json: &Value, at: String, found: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            members.iter().for_each(|(key, inner)| places(inner, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found));
        }
        Value::Array(elements) => elements.iter().enumerate().for_each(|(index, inner)| places(inner, format!("{at}/{index}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(at);
}

fn mutate(json: &mut Value, found: &[String], at: &str, mutation: &Mutation) {
    // the root has no parent: it can only become something else
    let (parent, key) = at.rsplit_once('/').unwrap_or(("/nowhere", ""));
    let key = key.replace("~1", "/").replace("~0", "~");
    match mutation {
        Mutation::Become(odd) => {
            if let Some(place) = json.pointer_mut(at) {
                *place = odd.clone();
            }
        }
        Mutation::SwapWith(other) => {
            let other = json.pointer(&found[other % found.len()]).cloned().unwrap_or_default();
            if let Some(place) = json.pointer_mut(at) {
                *place = other;
            }
        }
        Mutation::Drop | Mutation::Rename(_) | Mutation::Repeat(_) => match json.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                let taken = members.remove(&key);
                if let (Mutation::Rename(name), Some(taken)) = (mutation, taken) {
                    members.insert(name.clone(), taken);
                }
            }
            Some(Value::Array(elements)) => {
                let taken = elements.remove(key.parse().unwrap());
                if let Mutation::Repeat(times) = mutation {
                    elements.extend(std::iter::repeat_n(taken, *times));
                }
            }
            Some(_) | None => {}
        },
    }
}
