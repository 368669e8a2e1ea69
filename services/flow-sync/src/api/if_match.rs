//! `If-Match` (RFC 9110 §13.1.1) for one strong entity tag: a revision of a Flow.

use axum::http::header::{ETAG, HeaderName, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use chassis::Problem;

use crate::flow::Flow;

/// The revision that the caller insists on; 0: that there is none. `*` and no header insist on nothing.
pub(crate) fn revision_wanted(headers: &HeaderMap) -> Result<Option<u32>, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if value.as_bytes() == b"*" {
        return Ok(None);
    }
    let tag = value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    match tag {
        Some(revision) if values.next().is_none() => Ok(Some(revision)),
        Some(_) | None => {
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, "version_mismatch").detail("send one ETag of this Flow as If-Match, or none"))
        }
    }
}

/// The revision of an answer.
pub(crate) fn tag(flow: &Flow) -> [(HeaderName, String); 1] {
    [(ETAG, format!("\"{}\"", flow.current().map_or(0, |current| current.revision)))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_revision() {
        let read =
            |text: &str| revision_wanted(&HeaderMap::from_iter([(IF_MATCH, text.parse().unwrap())])).map_err(|problem| problem.status);
        assert_eq!((read("\"7\""), read("*"), read("\"0\"")), (Ok(Some(7)), Ok(None), Ok(Some(0))));
        for bad in ["7", "\"\"", "\"a\"", "W/\"7\"", "\"7\", \"8\"", "\"-1\"", "\"4294967296\""] {
            assert_eq!(read(bad), Err(412), "{bad}");
        }
        assert_eq!(revision_wanted(&HeaderMap::new()).unwrap(), None);
    }
}
