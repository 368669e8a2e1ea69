//! Postgres' binary COPY format: what is written into a table and what is compared with it are the same bytes.
//!
//! Source: PostgreSQL documentation, COPY, "Binary Format". A row is the number of its fields (i16) and, for each, its length (i32, -1
//! for null) and its bytes as the type's send function writes them.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

/// What a binary COPY begins with: signature, flags, no extension.
pub(crate) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(crate) const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

const NULL: i32 = -1;
/// `timestamptz` counts from 2000-01-01.
const EPOCH: NaiveDateTime = match DateTime::from_timestamp(946_684_800, 0) {
    Some(epoch) => epoch.naive_utc(),
    None => NaiveDateTime::MIN,
};

/// Writes one row, field by field, behind what is in the buffer already.
pub(crate) struct Writer<'a>(&'a mut Vec<u8>);

impl<'a> Writer<'a> {
    /// Begins a row of so many fields.
    pub(crate) fn row(out: &'a mut Vec<u8>, fields: usize) -> Self {
        out.extend_from_slice(&i16::try_from(fields).unwrap_or(i16::MAX).to_be_bytes());
        Self(out)
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.0.extend_from_slice(&NULL.to_be_bytes());
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn optional_text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// `con_01J…`, without going through the formatter.
    pub(crate) fn id(&mut self, prefix: &str, ulid: &[u8; 26]) -> &mut Self {
        self.0.extend_from_slice(&i32::try_from(prefix.len() + 1 + ulid.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.0.extend_from_slice(prefix.as_bytes());
        self.0.push(b'_');
        self.0.extend_from_slice(ulid);
        self
    }

    pub(crate) fn instant(&mut self, at: DateTime<Utc>) -> &mut Self {
        let since: TimeDelta = at.naive_utc() - EPOCH;
        self.bytes(&since.num_microseconds().unwrap_or(i64::MAX).to_be_bytes())
    }

    pub(crate) fn optional_instant(&mut self, at: Option<DateTime<Utc>>) -> &mut Self {
        match at {
            Some(at) => self.instant(at),
            None => self.null(),
        }
    }

    pub(crate) fn bigint(&mut self, number: i64) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(crate) fn optional_bigint(&mut self, number: Option<i64>) -> &mut Self {
        match number {
            Some(number) => self.bigint(number),
            None => self.null(),
        }
    }

    /// Counts and sequences.
    pub(crate) fn unsigned(&mut self, number: u64) -> &mut Self {
        self.bigint(tables::signed(number))
    }

    pub(crate) fn integer(&mut self, number: u32) -> &mut Self {
        self.bytes(&i32::try_from(number).unwrap_or(i32::MAX).to_be_bytes())
    }

    pub(crate) fn boolean(&mut self, flag: bool) -> &mut Self {
        self.bytes(&[u8::from(flag)])
    }
}

/// A row as read, its field count included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuple<'a>(pub(crate) &'a [u8]);

impl<'a> Tuple<'a> {
    /// Every field; `None` is null.
    pub(crate) fn fields(self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let mut rest = self.0.get(2..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (length, tail) = rest.split_first_chunk::<4>()?;
            let length = i32::from_be_bytes(*length);
            let Ok(length) = usize::try_from(length) else {
                rest = tail;
                return Some(None);
            };
            let (field, tail) = tail.split_at_checked(length)?;
            rest = tail;
            Some(Some(field))
        })
    }

    /// The text of the field at `index`; nothing for null.
    pub(crate) fn text(self, index: usize) -> Option<&'a str> {
        std::str::from_utf8(self.fields().nth(index)??).ok()
    }

    pub(crate) fn integer(self, index: usize) -> Option<u32> {
        let bytes: [u8; 4] = self.fields().nth(index)??.try_into().ok()?;
        u32::try_from(i32::from_be_bytes(bytes)).ok()
    }

    /// The length of the row at the beginning of `bytes`, if all of it is there; 0 at the end of the table.
    pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
        let (count, _) = bytes.split_first_chunk::<2>()?;
        let Ok(count) = usize::try_from(i16::from_be_bytes(*count)) else { return Some(0) };
        let mut at = 2;
        for _ in 0..count {
            let length = i32::from_be_bytes(*bytes.get(at..)?.first_chunk::<4>()?);
            at += 4 + usize::try_from(length).unwrap_or(0);
        }
        (at <= bytes.len()).then_some(at)
    }
}

/// A field as a person reads it.
pub(crate) fn readable(kind: &str, field: Option<&[u8]>) -> Option<String> {
    let bytes = field?;
    let number = || match bytes.len() {
        4 => bytes.try_into().ok().map(|bytes| i64::from(i32::from_be_bytes(bytes))),
        8 => bytes.try_into().ok().map(i64::from_be_bytes),
        _ => None,
    };
    let shown = match kind {
        "bigint" | "integer" => number().map(|number| number.to_string()),
        "boolean" => Some((bytes == [1]).to_string()),
        "timestamptz" => {
            number().and_then(|micros| EPOCH.checked_add_signed(TimeDelta::microseconds(micros))).map(|at| at.and_utc().to_rfc3339())
        }
        _ => None,
    };
    Some(shown.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned()))
}

/// A field as a program reads it: numbers and truths as such, everything else as its text.
pub(crate) fn value(kind: &str, field: Option<&[u8]>) -> Value {
    let Some(text) = readable(kind, field) else { return Value::Null };
    match kind {
        "bigint" | "integer" | "boolean" => text.parse().unwrap_or(Value::String(text)),
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_back_as_it_was_written() {
        let at = DateTime::from_timestamp_micros(1_794_992_403_123_456).unwrap();
        let mut row = Vec::new();
        Writer::row(&mut row, 6).text("a").null().integer(7).bigint(-9).boolean(true).instant(at);
        assert_eq!(Tuple::length(&row), Some(row.len()));
        assert_eq!(Tuple::length(&row[..row.len() - 1]), None, "a row that has not arrived yet");
        let tuple = Tuple(&row);
        assert_eq!((tuple.text(0), tuple.text(1), tuple.integer(2)), (Some("a"), None, Some(7)));
        let kinds = ["text", "text", "integer", "bigint", "boolean", "timestamptz"];
        let shown: Vec<_> = tuple.fields().zip(kinds).map(|(field, kind)| readable(kind, field)).collect();
        let values: Vec<Value> = tuple.fields().zip(kinds).map(|(field, kind)| value(kind, field)).collect();
        assert_eq!(serde_json::json!(values), serde_json::json!(["a", null, 7, -9, true, "2026-11-18T09:00:03.123456+00:00"]));
        let expected = ["a", "", "7", "-9", "true", "2026-11-18T09:00:03.123456+00:00"];
        assert_eq!(shown.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>(), expected);
        assert_eq!(Tuple::length(TRAILER), Some(0));
    }
}
