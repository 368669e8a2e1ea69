//! `Idempotency-Key`: the name under which a request may be sent again without being done again.

use axum::http::{HeaderMap, HeaderName, StatusCode};

use crate::Problem;

/// Longest key.
const KEY_BYTES_MAX: usize = 255;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key of a request, if it has one.
///
/// # Errors
/// 400 `idempotency_key_invalid`.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let usable = |text: &&str| (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    match value.to_str().ok().filter(usable) {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(refuse("idempotency_key_invalid")),
    }
}

/// The key of a request that must have one.
///
/// # Errors
/// 400 `idempotency_key_required`, `idempotency_key_invalid`.
pub fn required_idempotency_key(headers: &HeaderMap) -> Result<&str, Problem> {
    idempotency_key(headers)?.ok_or_else(|| refuse("idempotency_key_required"))
}

fn refuse(code: &str) -> Problem {
    let detail =
        format!("send one Idempotency-Key of 1 to {KEY_BYTES_MAX} visible ASCII characters, the same when you send the request again");
    Problem::new(StatusCode::BAD_REQUEST, code).detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], expected: Result<&str, &str>) {
        let headers = values.iter().map(|value| (IDEMPOTENCY_KEY, value.parse().expect("a header"))).collect::<HeaderMap>();
        let key = required_idempotency_key(&headers);
        assert_eq!(key.map_err(|problem| problem.code.clone()), expected.map_err(str::to_owned), "{values:?}");
    }

    #[test]
    fn a_key_is_one_visible_text() {
        check(&["order-17"], Ok("order-17"));
        check(&[&"k".repeat(255)], Ok(&"k".repeat(255)));
        check(&[], Err("idempotency_key_required"));
        for bad in ["", "two words", &"k".repeat(256), "naïve"] {
            check(&[bad], Err("idempotency_key_invalid"));
        }
        check(&["a", "a"], Err("idempotency_key_invalid"));
    }
}
