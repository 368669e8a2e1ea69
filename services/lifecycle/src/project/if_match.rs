//! `If-Match` (RFC 9110 §13.1.1) for one strong entity tag: the version of a project.

use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, StatusCode};
use chassis::Problem;

/// The version that the caller insists on. `*` and no header insist on nothing.
pub(crate) fn version_wanted(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if value.as_bytes() == b"*" {
        return Ok(None);
    }
    let tag = value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    match tag {
        Some(version) if values.next().is_none() => Ok(Some(version)),
        _ => {
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, "version_mismatch")
                .detail("send one ETag of this project as If-Match, or none"))
        }
    }
}
