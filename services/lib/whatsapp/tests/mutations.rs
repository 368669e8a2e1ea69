//! Samples with keys dropped, types changed, values swapped and text cut: nothing panics and no item is lost.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "samples/mod.rs"]
mod samples;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use whatsapp::payload::Value;
use whatsapp::split;

const LISTS: [&str; 10] = [
    "contacts",
    "messages",
    "statuses",
    "message_echoes",
    "history",
    "user_id_update",
    "user_preferences",
    "user_actions",
    "calls",
    "errors",
];

#[derive(Debug, Clone)]
enum Mutation {
    Drop,
    Become(Json),
    Repeat,
    Rename(String),
    SwapWith(usize),
}

fn odd_json() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        Just(json!({})),
        Just(json!([])),
        Just(json!([{}, null, 1, "x", []])),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        Just(json!({"messages": [{"id": "wamid.x", "type": "text"}]})),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let keys = prop::sample::select(vec!["messages", "statuses", "history", "id", "type", "text", "value", "changes", "entry", "ä", ""]);
    prop_oneof![
        Just(Mutation::Drop),
        odd_json().prop_map(Mutation::Become),
        Just(Mutation::Repeat),
        keys.prop_map(|key| Mutation::Rename(key.to_owned())),
        any::<usize>().prop_map(Mutation::SwapWith),
    ]
}

/// Every place in the document, as JSON pointers.
fn places(json: &Json, at: String, found: &mut Vec<String>) {
    match json {
        Json::Object(members) => members.iter().for_each(|(key, inner)| places(inner, format!("{at}/{}", escape(key)), found)),
        Json::Array(elements) => elements.iter().enumerate().for_each(|(index, inner)| places(inner, format!("{at}/{index}"), found)),
        _ => {}
    }
    found.push(at);
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn mutate(json: &mut Json, place: usize, mutation: &Mutation) {
    let mut found = Vec::new();
    places(json, String::new(), &mut found);
    let pointer = found[place % found.len()].clone();
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    match mutation {
        Mutation::Become(new) => *json.pointer_mut(&pointer).unwrap() = new.clone(),
        Mutation::SwapWith(other) => {
            let other = json.pointer(&found[other % found.len()]).unwrap().clone();
            *json.pointer_mut(&pointer).unwrap() = other;
        }
        Mutation::Drop | Mutation::Repeat | Mutation::Rename(_) => match json.pointer_mut(parent).unwrap() {
            Json::Object(members) => {
                let value = members.remove(&last.replace("~1", "/").replace("~0", "~")).unwrap();
                if let Mutation::Rename(key) = mutation {
                    members.insert(key.clone(), value);
                }
            }
            Json::Array(elements) => {
                let element = elements.remove(last.parse().unwrap());
                if matches!(mutation, Mutation::Repeat) {
                    elements.extend([element.clone(), element]);
                }
            }
            _ => unreachable!("a parent holds"),
        },
    }
}

/// Elements of a list; a list that is none counts as one item, nothing as none.
fn count(list: Option<&Json>) -> usize {
    match list {
        None | Some(Json::Null) => 0,
        Some(Json::Array(elements)) => elements.len(),
        Some(_) => 1,
    }
}

fn objects(list: Option<&Json>) -> impl Iterator<Item = &Json> {
    list.and_then(Json::as_array).into_iter().flatten().filter(|element| element.is_object())
}

/// Items of a change, counted without the code under test.
fn items_in(change: &Json) -> usize {
    let Some(value) = change.get("value").filter(|value| value.is_object()) else { return 1 };
    let lists: usize = LISTS.iter().map(|key| count(value.get(key))).sum();
    let history: usize = objects(value.get("history"))
        .map(|chunk| {
            let threads: usize = objects(chunk.get("threads")).map(|thread| count(thread.get("messages"))).sum();
            count(chunk.get("threads")) + count(chunk.get("errors")) + threads
        })
        .sum();
    lists + history
}

fn items_out(value: &Value) -> usize {
    let threads = value.history.iter().flat_map(|chunk| &chunk.threads);
    value.contacts.len()
        + value.messages.len()
        + value.statuses.len()
        + value.message_echoes.len()
        + value.history.len()
        + value.history.iter().map(|chunk| chunk.threads.len() + chunk.errors.len()).sum::<usize>()
        + threads.map(|thread| thread.messages.len()).sum::<usize>()
        + value.user_id_updates.len()
        + value.user_preferences.len()
        + value.user_actions.len()
        + value.calls.len()
        + value.errors.len()
        + value.leftovers.len()
}

fn others_in(change: &Json) -> usize {
    let known = |key: &str| LISTS.contains(&key) || key == "metadata" || key == "messaging_product";
    change.get("value").and_then(Json::as_object).map_or(0, |value| value.keys().filter(|key| !known(key)).count())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_sample_panics_or_loses_an_item(
        sample in prop::sample::select(samples::all()),
        mutations in prop::collection::vec((any::<usize>(), mutation()), 0..6),
        escape in any::<bool>(),
    ) {
        let mut json: Json = serde_json::from_str(&sample.1).unwrap();
        for (place, mutation) in &mutations {
            mutate(&mut json, *place, mutation);
        }
        let body = if escape { samples::escaped(&json.to_string()) } else { json.to_string() };
        let elements: usize = objects(json.get("entry")).map(|entry| entry.get("changes").and_then(Json::as_array).map_or(1, Vec::len)).sum();
        let odd = json.get("entry").and_then(Json::as_array).map_or(0, |entries| entries.iter().filter(|entry| !entry.is_object()).count());
        match split(body.as_bytes()) {
            Err(_) => prop_assert_eq!(elements + odd, 0, "cut nothing out of {}", body),
            Ok(changes) => {
                prop_assert_eq!(changes.len(), elements + odd, "{}", body);
                for change in changes {
                    let json: Json = serde_json::from_str(change.raw).unwrap();
                    let value = Value::parse(change.raw);
                    prop_assert_eq!(items_out(&value), items_in(&json), "{}", change.raw);
                    prop_assert_eq!(value.others.len(), others_in(&json), "{}", change.raw);
                    value.messages.iter().for_each(|message| { message.kind.text(); value.profile_for(message); });
                }
            }
        }
    }

    #[test]
    fn no_cut_of_a_sample_and_no_noise_panics(
        sample in prop::sample::select(samples::all()),
        cut in any::<prop::sample::Index>(),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        text in ".{0,64}",
    ) {
        let mut body = sample.1.into_bytes();
        for (at, byte) in noise {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let _ = split(&body[..cut.index(body.len())]);
        if let Ok(changes) = split(&body) {
            changes.iter().for_each(|change| drop(Value::parse(change.raw)));
        }
        prop_assert!(!Value::parse(&text).leftovers.is_empty());
    }
}
