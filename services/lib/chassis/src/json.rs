//! JSON bodies in and out of handlers, with a problem for whatever is wrong with one.
//!
//! Refused: another content type (415), more than the route's limit (413), not JSON or not UTF-8 (400), JSON of another
//! shape (422 with the pointer of the field). Nesting is bounded by serde_json at 128.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path as FieldPath, Segment};

use crate::Problem;

/// Largest body of a route that does not say otherwise with axum's `DefaultBodyLimit`.
pub const JSON_BYTES_MAX: usize = 1024 * 1024;

/// A JSON body: as an argument it reads and checks one, as an answer it writes one.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Problem> {
        if !is_json(request.headers()) {
            return Err(
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").detail("send the body as application/json")
            );
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable_body").cause(rejection.body_text()),
        })?;
        decode(&body).map(Json)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response<axum::body::Body> {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Problem::internal(format_args!("the answer cannot be encoded: {error}")).into_response(),
        }
    }
}

/// `application/json` or `application/<anything>+json`, with any parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(text) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        refuse(error.into_inner(), pointer)
    })?;
    deserializer.end().map_err(|error| refuse(error, String::new()))?;
    Ok(value)
}

fn refuse(error: serde_json::Error, mut pointer: String) -> Problem {
    if !error.is_data() {
        return Problem::new(StatusCode::BAD_REQUEST, "malformed_json").detail(error.to_string());
    }
    let text = error.to_string();
    // serde gives the path of the object around such a field; its name is only in the text.
    if let Some((code, name)) = named_field(&text) {
        push(&mut pointer, name);
        return invalid().field(pointer, code, text);
    }
    let code = if text.starts_with("unknown field") { "unknown" } else { "invalid" };
    invalid().field(pointer, code, text)
}

/// The rule and the field in serde's text about a field that is missing or there twice.
pub(crate) fn named_field(text: &str) -> Option<(&'static str, &str)> {
    let (code, rest) = match (text.strip_prefix("missing field `"), text.strip_prefix("duplicate field `")) {
        (Some(rest), _) => ("missing", rest),
        (None, Some(rest)) => ("duplicate", rest),
        (None, None) => return None,
    };
    rest.split('`').next().map(|name| (code, name))
}

fn invalid() -> Problem {
    Problem::unprocessable("invalid_body", "the body is JSON, but not of the shape that this route takes")
}

/// The path as a JSON pointer (RFC 6901).
fn pointer(path: &FieldPath) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { variant } => push(&mut pointer, variant),
            Segment::Unknown => push(&mut pointer, "?"),
        }
    }
    pointer
}

fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Order {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Line {
        #[serde(rename = "a/b~c")]
        count: u8,
    }

    #[track_caller]
    fn check(body: &[u8], status: u16, code: &str, pointer: Option<&str>) {
        let problem = decode::<Order>(body).expect_err("refused");
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{problem:?}");
        assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), pointer, "{problem:?}");
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        check(br#"{"name":1}"#, 422, "invalid_body", Some("/name"));
        check(br#"{}"#, 422, "invalid_body", Some("/name"));
        check(br#"{"name":"x","lines":[{"a/b~c":1},{"a/b~c":300}]}"#, 422, "invalid_body", Some("/lines/1/a~1b~0c"));
        check(br#"{"name":"x","lines":[{}]}"#, 422, "invalid_body", Some("/lines/0/a~1b~0c"));
        check(br#"{"name":"x","more":1}"#, 422, "invalid_body", Some("/more"));
        check(br#"{"name":"x","name":"y"}"#, 422, "invalid_body", Some("/name"));
        check(b"[]", 422, "invalid_body", Some(""));
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        check(b"", 400, "malformed_json", None);
        check(br#"{"name":"x""#, 400, "malformed_json", None);
        check(br#"{"name":"x"} {}"#, 400, "malformed_json", None);
        check(b"{\"name\":\"\xff\xfe\"}", 400, "malformed_json", None);
        check(b"\xef\xbb\xbf{}", 400, "malformed_json", None);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        let problem = decode::<serde_json::Value>(&deep).expect_err("refused");
        assert_eq!((problem.status, problem.code.as_str()), (400, "malformed_json"));
    }

    #[test]
    fn only_json_types_are_json() {
        let is = |text: &str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, text.parse().expect("a header"))]));
        assert!(is("application/json") && is("Application/JSON; charset=utf-8") && is("application/cloudevents+json"));
        assert!(!is("text/json") && !is("application/jsonp") && !is("application/x-www-form-urlencoded") && !is(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
