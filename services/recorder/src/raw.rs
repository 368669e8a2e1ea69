//! Meta's bytes into events and tables: unchanged, unless they are nested so deeply that a database could not read them.

use contract::RawJson;
use serde_json::value::RawValue;

/// Deeper than anything that Meta documents (12), and far below what Postgres' parser can take.
const DEPTH_MAX: usize = 200;

/// The JSON as it came; a JSON string of it if it is too deep.
pub(crate) fn keep(raw: &RawValue) -> RawJson {
    if depth(raw.get()) <= DEPTH_MAX {
        return RawJson::from(raw);
    }
    let quoted = serde_json::value::to_raw_value(raw.get()).ok();
    quoted.as_deref().map_or_else(|| RawJson::from(raw), RawJson::from)
}

/// A text that should be JSON; a JSON string of it if it is none.
pub(crate) fn keep_text(text: &str) -> RawJson {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => keep(raw),
        Err(_) => keep(&serde_json::value::to_raw_value(text).unwrap_or_else(|_| RawValue::NULL.to_owned())),
    }
}

fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: String) -> Box<RawValue> {
        RawValue::from_string(text).unwrap()
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert_eq!(depth(r#"{"a":"[[[\"{{","b":[1,[2]]}"#), 3);
    }

    #[test]
    fn what_is_no_json_is_kept_as_a_string() {
        for (text, kept) in [(r#"{"a": 1.0}"#, r#"{"a": 1.0}"#), ("", r#""""#), (r#"{"a""#, r#""{\"a\"""#), ("nul\0", r#""nul\u0000""#)] {
            assert_eq!(keep_text(text).get(), kept);
        }
    }

    #[test]
    fn what_is_too_deep_is_kept_as_a_string() {
        let deep = format!("{}1{}", "[".repeat(DEPTH_MAX + 1), "]".repeat(DEPTH_MAX + 1));
        let kept = keep(&raw(deep.clone()));
        assert_eq!(serde_json::from_str::<String>(kept.get()).unwrap(), deep);
        let fits = format!("{}1{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
        assert_eq!(keep(&raw(fits.clone())).get(), fits);
    }
}
