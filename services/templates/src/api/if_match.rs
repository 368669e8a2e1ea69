//! `If-Match` (RFC 9110 §13.1.1) for one strong entity tag: the version of a template.

use axum::http::header::{ETAG, HeaderName, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use chassis::Problem;

use crate::template::Template;

/// The version that the caller insists on. `*` and no header insist on nothing.
pub(super) fn version_wanted(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if value.as_bytes() == b"*" {
        return Ok(None);
    }
    let tag = value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    match tag {
        Some(version) if values.next().is_none() => Ok(Some(version)),
        Some(_) | None => {
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, "version_mismatch")
                .detail("send one ETag of this template as If-Match, or none"))
        }
    }
}

/// The version of an answer.
pub(super) fn tag(template: &Template) -> [(HeaderName, String); 1] {
    [(ETAG, format!("\"{}\"", template.sequence))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_version() {
        let read =
            |text: &str| version_wanted(&HeaderMap::from_iter([(IF_MATCH, text.parse().unwrap())])).map_err(|problem| problem.status);
        assert_eq!((read("\"7\""), read("*")), (Ok(Some(7)), Ok(None)));
        for bad in ["7", "\"\"", "\"a\"", "W/\"7\"", "\"7\", \"8\"", "\"-1\""] {
            assert_eq!(read(bad), Err(412), "{bad}");
        }
        assert_eq!(version_wanted(&HeaderMap::new()).unwrap(), None);
    }
}
