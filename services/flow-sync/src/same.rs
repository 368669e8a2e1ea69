//! Whether two JSON documents say the same, and where they do not. White space, the order of keys and the way a number is written say
//! nothing: Meta gives documents back as it likes.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Differences that are told.
pub(crate) const DIFFERENCES_MAX: usize = 100;
/// Bytes of a value that is shown with one.
const VALUE_BYTES_MAX: usize = 500;

/// One place at which two documents differ.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Difference {
    /// JSON pointer (RFC 6901).
    #[schema(example = "/screens/0/title")]
    pub(crate) pointer: String,
    /// `added`: Meta has more; `removed`: Meta has less; `changed`.
    #[schema(example = "changed")]
    pub(crate) change: &'static str,
    /// Here; long ones are left out.
    pub(crate) ours: Option<Value>,
    /// At Meta; long ones are left out.
    pub(crate) theirs: Option<Value>,
}

pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64().is_some_and(|number| other.as_f64() == Some(number)),
        (Value::Array(one), Value::Array(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other)),
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_), _) => one == other,
    }
}

/// The first [`DIFFERENCES_MAX`], and whether there are more.
pub(crate) fn differences(ours: &Value, theirs: &Value) -> (Vec<Difference>, bool) {
    let mut found = Vec::new();
    walk(&mut String::new(), Some(ours), Some(theirs), &mut found);
    let more = found.len() > DIFFERENCES_MAX;
    found.truncate(DIFFERENCES_MAX);
    (found, more)
}

/// As deep as a document may be nested, which its reader bounds.
fn walk(pointer: &mut String, ours: Option<&Value>, theirs: Option<&Value>, found: &mut Vec<Difference>) {
    if found.len() > DIFFERENCES_MAX {
        return;
    }
    match (ours, theirs) {
        (Some(Value::Object(ours)), Some(Value::Object(theirs))) => {
            let added = theirs.keys().filter(|key| !ours.contains_key(*key));
            for key in ours.keys().chain(added) {
                step(pointer, key, ours.get(key), theirs.get(key), found);
            }
        }
        (Some(Value::Array(ours)), Some(Value::Array(theirs))) => {
            for index in 0..ours.len().max(theirs.len()) {
                step(pointer, &index.to_string(), ours.get(index), theirs.get(index), found);
            }
        }
        (Some(one), Some(other)) if same(one, other) => {}
        (None, None) => {}
        (ours, theirs) => {
            let change = match (ours, theirs) {
                (None, _) => "added",
                (Some(_), None) => "removed",
                (Some(_), Some(_)) => "changed",
            };
            found.push(Difference { pointer: pointer.clone(), change, ours: ours.and_then(short), theirs: theirs.and_then(short) });
        }
    }
}

fn step(pointer: &mut String, name: &str, ours: Option<&Value>, theirs: Option<&Value>, found: &mut Vec<Difference>) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    walk(pointer, ours, theirs, found);
    pointer.truncate(length);
}

fn short(value: &Value) -> Option<Value> {
    (value.to_string().len() <= VALUE_BYTES_MAX).then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_otherwise_is_the_same() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let ours = read(r#"{"version":"6.0","n":1,"list":[{"a":1.0,"b":null}]}"#);
        assert!(same(&ours, &read(r#"{ "list" : [ {"b":null, "a":1} ], "n": 1.0, "version": "6.0" }"#)));
        for other in [
            r#"{"version":"6.0","n":1,"list":[{"a":1,"b":0}]}"#,
            r#"{"version":"6.0","n":1}"#,
            r#"{"version":"6.0","n":"1","list":[{"a":1,"b":null}]}"#,
        ] {
            assert!(!same(&ours, &read(other)), "{other}");
        }
    }

    #[test]
    fn differences_are_named_by_where_they_are_and_bounded() {
        let ours = json!({"a": 1, "b": [1, 2], "c/d": {"~": true}, "long": "x"});
        let theirs = json!({"a": 2, "b": [1], "c/d": {"~": false}, "e": null, "long": "y".repeat(600)});
        let (found, more) = differences(&ours, &theirs);
        let told: Vec<_> = found.iter().map(|one| (one.pointer.as_str(), one.change)).collect();
        let expected = [("/a", "changed"), ("/b/1", "removed"), ("/c~1d/~0", "changed"), ("/long", "changed"), ("/e", "added")];
        assert_eq!((told, more), (expected.to_vec(), false));
        assert_eq!(found[3].theirs, None, "too long to be shown");
        let many = |n: u32| Value::from((0..1_000).map(|i| i + n).collect::<Vec<_>>());
        let (found, more) = differences(&many(0), &many(1));
        assert_eq!((found.len(), more), (DIFFERENCES_MAX, true));
        assert_eq!(differences(&ours, &ours), (vec![], false));
    }

    #[test]
    fn what_differs_is_described_as_a_value_of_any_kind() {
        let described = serde_json::to_value(<Difference as utoipa::PartialSchema>::schema()).unwrap();
        for side in ["ours", "theirs"] {
            let side = &described["properties"][side];
            assert!(side.is_object() && side.get("type").is_none(), "{described}");
        }
    }
}
