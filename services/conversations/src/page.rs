//! Where the next page of a list by time begins.

use axum::http::StatusCode;
use chassis::{Problem, cursor};
use chrono::{DateTime, Datelike, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The last row of a page of a list by time; `I` is of the list's own kind, so that another list's cursor is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastRow<I> {
    at: i64,
    id: I,
}

impl<I> LastRow<I> {
    pub(crate) fn new(at: DateTime<Utc>, id: I) -> Self {
        Self { at: at.timestamp_micros(), id }
    }
}

impl<I: DeserializeOwned + ToString> LastRow<I> {
    /// The two values to compare with, if the page is not the first one.
    pub(crate) fn parse(cursor: Option<&str>) -> Result<(Option<DateTime<Utc>>, Option<String>), Problem> {
        let Some(text) = cursor else { return Ok((None, None)) };
        let last: Self = cursor::decode(text)?;
        Ok((Some(instant(last.at)?), Some(last.id.to_string())))
    }
}

/// The time in a cursor. Postgres knows no year beyond what a caller could have been given.
pub(crate) fn instant(micros: i64) -> Result<DateTime<Utc>, Problem> {
    DateTime::from_timestamp_micros(micros)
        .filter(|at| (1..=9999).contains(&at.year()))
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor").field("/cursor", "invalid", "not a cursor of this list"))
}

#[cfg(test)]
mod tests {
    use contract::{ContactId, ConversationId};
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_cursor_of_another_list_or_time_is_refused() {
        let id = ContactId::from_ulid(Ulid::from_parts(1, 2));
        let at = DateTime::from_timestamp_micros(1_794_992_403_000_001).unwrap();
        let text = cursor::encode(&LastRow::new(at, id)).unwrap();
        assert_eq!(LastRow::<ContactId>::parse(Some(&text)).unwrap(), (Some(at), Some(id.to_string())));
        assert_eq!(LastRow::<ConversationId>::parse(Some(&text)).unwrap_err().code, "invalid_cursor");
        for micros in [i64::MIN, i64::MAX, -62_200_000_000_000_000] {
            let hostile = cursor::encode(&LastRow { at: micros, id }).unwrap();
            assert_eq!(LastRow::<ContactId>::parse(Some(&hostile)).unwrap_err().code, "invalid_cursor", "{micros}");
        }
    }
}
