//! `If-Match` (RFC 9110 §13.1.1) for one strong entity tag: how often a conversation's state has changed.

use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, StatusCode};
use chassis::Problem;

/// What the caller insists on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insists {
    /// On nothing, and does not say so.
    Unsaid,
    /// On nothing: `*`.
    Any,
    /// On this version.
    On(u32),
}

/// # Errors
/// 412 `state_changed` for what is no tag of a conversation: it matches none.
pub(crate) fn insists(headers: &HeaderMap) -> Result<Insists, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(Insists::Unsaid) };
    let text = value.to_str().map_or("", str::trim);
    let tag = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')?.parse().ok());
    match (text, tag, values.next()) {
        ("*", _, None) => Ok(Insists::Any),
        (_, Some(version), None) => Ok(Insists::On(version)),
        (..) => {
            let detail = "send one ETag of this conversation as If-Match, or *";
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, "state_changed").detail(detail))
        }
    }
}

/// The tag of a version.
pub(crate) fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], expected: Option<Insists>) {
        let headers = values.iter().map(|value| (IF_MATCH, value.parse().unwrap())).collect::<HeaderMap>();
        assert_eq!(insists(&headers).ok(), expected, "{values:?}");
    }

    #[test]
    fn one_strong_tag_or_a_star() {
        check(&[], Some(Insists::Unsaid));
        check(&["*"], Some(Insists::Any));
        check(&[&etag(17)], Some(Insists::On(17)));
        for bad in ["17", "W/\"17\"", "\"-1\"", "\"x\"", "\"\"", "", "\"1\", \"2\"", "\"4294967296\""] {
            check(&[bad], None);
        }
        check(&["\"1\"", "\"1\""], None);
        check(&["*", "*"], None);
    }
}
