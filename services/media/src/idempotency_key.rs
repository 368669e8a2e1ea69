//! `Idempotency-Key`: the name under which an upload may be sent again without being kept twice.

use axum::http::{HeaderMap, HeaderName, StatusCode};
use chassis::Problem;

/// Longest key.
const KEY_BYTES_MAX: usize = 255;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key of a request, if it has one.
///
/// # Errors
/// 400 `idempotency_key_invalid`.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let usable = |text: &&str| (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    match value.to_str().ok().filter(usable) {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid")
            .detail(format!("one Idempotency-Key of 1 to {KEY_BYTES_MAX} visible ASCII characters, or none"))),
    }
}
