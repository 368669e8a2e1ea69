//! Opaque keyset cursors: the key of the last row of a page, as text that callers hand back unread.
//!
//! A cursor is not a secret and is not signed: whoever decodes one checks what it names as it would any other input.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Problem;

/// Longest cursor, as text.
pub const CURSOR_BYTES_MAX: usize = 1_024;

/// The key as a cursor: base64url of its JSON, without padding.
///
/// # Errors
/// 500 `internal` if the key cannot be encoded or gives a cursor longer than [`CURSOR_BYTES_MAX`].
pub fn encode<K: Serialize>(key: &K) -> Result<String, Problem> {
    let json = serde_json::to_vec(key).map_err(|error| Problem::internal(format_args!("a cursor cannot be encoded: {error}")))?;
    let text = URL_SAFE_NO_PAD.encode(json);
    if text.len() > CURSOR_BYTES_MAX {
        return Err(Problem::internal(format_args!("a cursor of {} bytes is too long", text.len())));
    }
    Ok(text)
}

/// The key in a cursor.
///
/// # Errors
/// 400 `invalid_cursor` if it is too long, not base64url, or the cursor of something else.
pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    let key = (cursor.len() <= CURSOR_BYTES_MAX).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten();
    key.and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor")
            .detail("use next_cursor of the page before, unchanged, on the same list")
            .field("/cursor", "invalid", "not a cursor of this list")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_its_key_back() {
        let key = ("2026-01-01T00:00:00.000001Z".to_owned(), 7_u64);
        let cursor = encode(&key).expect("encoded");
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        assert_eq!(decode::<(String, u64)>(&cursor).expect("decoded"), key);
    }

    #[test]
    fn anything_else_is_refused_as_an_invalid_cursor() {
        let other = encode(&"a text").expect("encoded");
        for bad in ["", "!", "e30=", "\u{1f600}", "_____w", &other, &"A".repeat(CURSOR_BYTES_MAX + 1)] {
            let problem = decode::<(String, u64)>(bad).expect_err(bad);
            assert_eq!((problem.status, problem.code.as_str()), (400, "invalid_cursor"));
        }
    }

    #[test]
    fn a_cursor_that_callers_could_not_hand_back_is_not_given_out() {
        assert_eq!(encode(&"x".repeat(CURSOR_BYTES_MAX)).expect_err("too long").status, 500);
    }
}
