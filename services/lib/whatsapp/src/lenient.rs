//! Reading JSON that nobody promised: every look-up may find nothing, none may fail or panic.
//!
//! Slices of the original text are kept all the way, so nothing is lost or spelled differently, and nesting that nobody reads is
//! walked over without recursion. It knows JSON's ways to be odd (a number where text was, a key twice, half of a surrogate pair), nothing of WhatsApp.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// 9999-12-31T23:59:59Z: RFC 3339 cannot write a later year.
const SECONDS_MAX: i64 = 253_402_300_799;

/// An object's members in the order they came, repeated keys included.
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    pub(crate) fn read(json: &'a RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), *value))
    }

    /// Every value under `key`, `null` included. A key that comes twice must not hide what came first.
    pub(crate) fn all(&self, key: &str) -> impl Iterator<Item = &'a RawValue> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| *value)
    }

    /// The value under `key`, the last one if it is repeated (as JSON libraries do). `null` is the same as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value).filter(|value| !is_null(value))
    }

    pub(crate) fn object(&self, key: &str) -> Option<Object<'a>> {
        Object::read(self.get(key)?)
    }

    pub(crate) fn list(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        elements(self.get(key)?)
    }

    /// Text, or a number as it was written: Meta sends some ids both ways.
    pub(crate) fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        text_or_number(self.get(key)?)
    }

    pub(crate) fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(Cow::into_owned)
    }

    /// `true`, or the text `"true"` that older samples show.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)?.get() {
            "true" | "\"true\"" => Some(true),
            "false" | "\"false\"" => Some(false),
            _ => None,
        }
    }

    /// A finite number, also as text.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.text(key)?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub(crate) fn integer(&self, key: &str) -> Option<i64> {
        let text = self.text(key)?;
        text.parse().ok().or_else(|| whole(text.parse().ok()?))
    }

    /// Unix seconds as text or number. Years that RFC 3339 cannot write are none.
    pub(crate) fn instant(&self, key: &str) -> Option<DateTime<Utc>> {
        let seconds = self.integer(key).filter(|seconds| (0..=SECONDS_MAX).contains(seconds))?;
        DateTime::from_timestamp(seconds, 0)
    }

    pub(crate) fn raw(&self, key: &str) -> Option<Box<RawValue>> {
        self.get(key).map(ToOwned::to_owned)
    }

    /// Text that is one of our newtypes, if it can be.
    pub(crate) fn parsed<T>(&self, key: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        parse(&self.text(key)?)
    }
}

/// The elements of an array, `None` if it is none.
pub(crate) fn elements(json: &RawValue) -> Option<Vec<&RawValue>> {
    if !json.get().starts_with('[') {
        return None;
    }
    serde_json::from_str(json.get()).ok()
}

pub(crate) fn is_null(json: &RawValue) -> bool {
    json.get() == "null"
}

pub(crate) fn text_or_number(json: &RawValue) -> Option<Cow<'_, str>> {
    match json.get().as_bytes().first()? {
        b'"' => serde_json::from_str(json.get()).ok().map(|Text(text)| text),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(json.get())),
        _ => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0; // 2^53: above it a float does not know its integer
    (number.abs() < EXACT_MAX).then_some(number.trunc() as i64)
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((Text(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A JSON string whose lone surrogates (`"\ud83d"`, half an emoji cut off by some client) become U+FFFD instead of an error.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Characters;
        impl<'de> Visitor<'de> for Characters {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Text(String::from_utf8_lossy(bytes)))
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
            }
        }
        // as bytes, because only then does serde_json let a lone surrogate through
        deserializer.deserialize_bytes(Characters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: &str) -> Object<'_> {
        Object::read(serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn text_is_read_from_strings_and_numbers_and_from_nothing_else() {
        let o = object(r#"{"a":"x","b":12,"c":-1.5e3,"d":true,"e":null,"f":{},"g":[],"h":"\u00e4\"","i":""}"#);
        let read = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "absent"].map(|key| o.string(key));
        let expected = [Some("x"), Some("12"), Some("-1.5e3"), None, None, None, None, Some("ä\""), Some(""), None];
        assert_eq!(read, expected.map(|text| text.map(String::from)));
    }

    #[test]
    fn half_a_surrogate_pair_spoils_neither_the_text_nor_the_object() {
        let o = object(r#"{"a":"x\ud83dy","\ud83d":1,"b":"\ud83d\ude00"}"#);
        let text = o.string("a").unwrap();
        assert!(text.starts_with('x') && text.ends_with('y') && text.contains('\u{fffd}'), "{text}");
        assert_eq!(o.string("b").as_deref(), Some("😀"));
        assert_eq!(o.members().count(), 3);
    }

    #[test]
    fn instants_are_seconds_as_text_or_number_within_the_years_that_can_be_written() {
        let at = |json: &str| object(&format!(r#"{{"t":{json}}}"#)).instant("t").map(|t| t.timestamp());
        assert_eq!(at("1794992403"), Some(1_794_992_403));
        assert_eq!(at("\"1794992403\""), Some(1_794_992_403));
        assert_eq!(at("1.794992403e9"), Some(1_794_992_403));
        for none in ["-1", "1e300", "\"soon\"", "\"\"", "253402300800", "99999999999999999999", "null", "[1]", "\"NaN\"", "\"inf\""] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn a_repeated_key_shows_all_its_values_and_counts_as_its_last() {
        let o = object(r#"{"k":[1],"k":2,"k":null}"#);
        assert_eq!(o.all("k").count(), 3);
        assert!(o.get("k").is_none());
        assert_eq!(object(r#"{"k":1,"k":2}"#).string("k").as_deref(), Some("2"));
    }
}
