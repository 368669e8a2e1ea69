//! The id of one HTTP request, in its log lines, its answer's `x-request-id` and its problem.
//!
//! A caller may bring one; a value that could break a log line or a header is replaced, never refused.

use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Ids, Problem};

/// Longest id that a caller may bring.
pub const REQUEST_ID_BYTES_MAX: usize = 128;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: 1 to 128 visible ASCII characters. As an extractor it needs the stack of [`crate::Site`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's `x-request-id` if it is usable, else a new `req_<ulid>`.
    pub(crate) fn accept(headers: &HeaderMap, ids: &Ids) -> RequestId {
        let brought = headers.get(X_REQUEST_ID).map(HeaderValue::as_bytes).filter(|bytes| usable(bytes));
        match brought.and_then(|bytes| std::str::from_utf8(bytes).ok()) {
            Some(text) => RequestId(text.into()),
            None => RequestId(format!("req_{}", ids.ulid()).into()),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn usable(bytes: &[u8]) -> bool {
    (1..=REQUEST_ID_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<RequestId, Problem> {
        parts.extensions.get::<RequestId>().cloned().ok_or_else(|| Problem::internal("the route is outside of its site"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;

    #[track_caller]
    fn check(brought: &[u8], kept: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(brought).expect("a header"));
        let id = RequestId::accept(&headers, &Ids::new(Clock::System));
        assert_eq!(id.as_str().as_bytes() == brought, kept, "{id}");
        assert!(kept || id.as_str().starts_with("req_"));
    }

    #[test]
    fn a_usable_id_is_kept_and_any_other_replaced() {
        check(b"order-17", true);
        check(&[b'x'; REQUEST_ID_BYTES_MAX], true);
        check(&[b'x'; REQUEST_ID_BYTES_MAX + 1], false);
        check(b"", false);
        check(b"two words", false);
        check(b"tab\there", false);
        check("naïve".as_bytes(), false);
        check(b"\xff\xfe", false);
    }
}
