//! Reading answers leniently: Meta writes ids as numbers and booleans as text, now and then.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// A text, also one that was written as a number. Empty is none.
pub(super) fn text(object: &Value, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An integer, also one that was written as a text.
pub(super) fn integer(object: &Value, key: &str) -> Option<i64> {
    let value = object.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A yes or no, also one that was written as a text.
pub(super) fn boolean(object: &Value, key: &str) -> Option<bool> {
    match object.get(key)? {
        Value::Bool(is) => Some(*is),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list; what is none is empty.
pub(super) fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a list, also those that were written as numbers.
pub(super) fn strings(values: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()));
    values.iter().filter_map(text).collect()
}

/// An instant: RFC 3339, the same without a colon in its offset (`2026-06-21T11:18:09+0000`), or seconds since 1970.
pub(super) fn instant(object: &Value, key: &str) -> Option<DateTime<Utc>> {
    if let Some(seconds) = integer(object, key) {
        return DateTime::from_timestamp(seconds, 0);
    }
    let text = object.get(key)?.as_str()?;
    let read = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z"));
    read.ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instants_are_read_in_each_of_metas_forms() {
        let at = |value: Value| instant(&json!({ "at": value }), "at").map(|at| at.to_rfc3339());
        for value in [
            json!("2026-06-21T11:18:09+0000"),
            json!("2026-06-21T11:18:09Z"),
            json!("2026-06-21T13:18:09+02:00"),
            json!(1_782_040_689),
            json!("1782040689"),
        ] {
            assert_eq!(at(value.clone()).as_deref(), Some("2026-06-21T11:18:09+00:00"), "{value}");
        }
        for value in [json!(null), json!("tomorrow"), json!(i64::MAX), json!({}), json!("")] {
            assert_eq!(at(value.clone()), None, "{value}");
        }
    }
}
