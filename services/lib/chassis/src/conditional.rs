//! `If-Match` and `ETag` (RFC 9110 §13.1.1, §8.8.3) for resources with one strong entity tag: their version.

use std::fmt::Display;
use std::str::FromStr;

use axum::http::header::{ETAG, HeaderName, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};

use crate::Problem;

/// What a caller insists on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch<T> {
    /// On nothing, and does not say so.
    Unsaid,
    /// On nothing: `*`.
    Any,
    /// On this version.
    Is(T),
}

impl<T: FromStr + Display> IfMatch<T> {
    /// Reads the header. `thing` is what has the version, as in "this project".
    ///
    /// # Errors
    /// 412 with `code` for what is no tag of such a thing: it matches none.
    pub fn read(headers: &HeaderMap, code: &str, thing: &str) -> Result<Self, Problem> {
        let mut values = headers.get_all(IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self::Unsaid) };
        let text = value.to_str().map_or("", str::trim);
        let tag = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        // Tags are the same character by character: `"01"` is another than `"1"`.
        let version = tag.and_then(|tag| tag.parse::<T>().ok().filter(|version| version.to_string() == tag));
        match (text, version, values.next()) {
            ("*", _, None) => Ok(Self::Any),
            (_, Some(version), None) => Ok(Self::Is(version)),
            (..) => {
                let detail = format!("send one ETag of {thing} as If-Match, or *");
                Err(Problem::new(StatusCode::PRECONDITION_FAILED, code).detail(detail))
            }
        }
    }
}

/// The version that the caller insists on. `*` and no header insist on nothing. `thing` as for [`IfMatch::read`].
///
/// # Errors
/// 412 `version_mismatch`.
pub fn version_wanted<T: FromStr + Display>(headers: &HeaderMap, thing: &str) -> Result<Option<T>, Problem> {
    match IfMatch::read(headers, "version_mismatch", thing)? {
        IfMatch::Unsaid | IfMatch::Any => Ok(None),
        IfMatch::Is(version) => Ok(Some(version)),
    }
}

/// The header that tells a version.
pub fn etag(version: impl Display) -> [(HeaderName, String); 1] {
    [(ETAG, format!("\"{version}\""))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: FromStr + Display + PartialEq + std::fmt::Debug>(values: &[&str], expected: Result<IfMatch<T>, u16>) {
        let headers = values.iter().map(|value| (IF_MATCH, value.parse().expect("a header"))).collect::<HeaderMap>();
        assert_eq!(IfMatch::read(&headers, "no", "this").map_err(|problem| problem.status), expected, "{values:?}");
    }

    #[test]
    fn one_strong_tag_or_a_star() {
        check::<u32>(&[], Ok(IfMatch::Unsaid));
        check::<u32>(&["*"], Ok(IfMatch::Any));
        let [(_, tag)] = etag(17);
        check::<u32>(&[&tag], Ok(IfMatch::Is(17)));
        for bad in ["17", "W/\"17\"", "\"-1\"", "\"+1\"", "\"01\"", "\" 1\"", "\"x\"", "\"\"", "", "\"", "\"1\", \"2\"", "\"4294967296\""] {
            check::<u32>(&[bad], Err(412));
        }
        check::<u32>(&["\"1\"", "\"1\""], Err(412));
        check::<u32>(&["*", "*"], Err(412));
        check(&["\"a3f\""], Ok(IfMatch::Is("a3f".to_owned())));
    }
}
