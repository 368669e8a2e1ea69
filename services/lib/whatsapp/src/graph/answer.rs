//! Reading answers leniently: Meta writes ids as numbers and booleans as text, now and then.

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
