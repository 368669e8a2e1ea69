//! Errors as RFC 9457 `application/problem+json`, the one shape of every HTTP error.
//!
//! `code` is for programs and stable; `title` and `detail` are for people. What went wrong inside (`cause`) is logged
//! by the frame around the request and never sent.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Content type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// More field errors than this are not listed.
const FIELD_ERRORS_MAX: usize = 100;
/// Longer texts are cut: what is wrong with a request often quotes it.
const TEXT_BYTES_MAX: usize = 500;

/// One field of the request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or `/name` for a path or query parameter.
    #[schema(example = "/contact/phone")]
    pub pointer: String,
    /// Stable name of the rule that the field breaks.
    #[schema(example = "invalid")]
    pub code: String,
    /// What is wrong, for people.
    pub detail: String,
}

/// What went wrong with a request (RFC 9457): the error type of handlers.
///
/// Boxed, so that a handler's `Result` stays small; its [`ProblemContent`] is reached by dereferencing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemContent>);

/// What a problem says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemContent {
    /// Kind of problem as a URI reference; `about:blank` when `code` says it all.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: String,
    /// Short summary, the same for every occurrence of `code`.
    pub title: String,
    /// HTTP status code, as in the answer's status line.
    #[schema(example = 404)]
    pub status: u16,
    /// Stable name of the problem, in lower snake case: what a program should look at.
    #[schema(example = "not_found")]
    pub code: String,
    /// What happened this time, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields that are wrong, if the problem lies in the request's content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Id of the request, also in `x-request-id` and in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What the code's own description names beside these: extension members (RFC 9457 §3.2).
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: serde_json::Map<String, serde_json::Value>,
    /// Why, for the log; never sent.
    #[serde(skip)]
    #[schema(ignore)]
    cause: Option<Arc<str>>,
    #[serde(skip)]
    #[schema(ignore)]
    headers: HeaderMap,
}

impl Problem {
    /// A problem with a stable `code` in lower snake case; its title is the status' reason until [`Problem::title`] sets one.
    pub fn new(status: StatusCode, code: impl Into<String>) -> Problem {
        Problem(Box::new(ProblemContent {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: code.into(),
            detail: None,
            errors: Vec::new(),
            request_id: None,
            more: serde_json::Map::new(),
            cause: None,
            headers: HeaderMap::new(),
        }))
    }

    /// 400 `invalid_query` with the parameter that is wrong, `/name`.
    pub fn invalid_query(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::unreadable_query().field(pointer, "invalid", detail)
    }

    /// 400 `invalid_query`, for whoever names the parameter and says what is wrong with it.
    pub(crate) fn unreadable_query() -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_query").detail("the query cannot be read")
    }

    /// 404 `not_found`.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found").detail(detail)
    }

    /// 409 with the name of what collides.
    pub fn conflict(code: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, code).detail(detail)
    }

    /// 422 with the name of the rule that the request breaks.
    pub fn unprocessable(code: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code).detail(detail)
    }

    /// 503: try again after so many seconds (`Retry-After`). `cause` is logged, not sent; to shed load without a log line
    /// for each request use [`Problem::new`].
    pub fn unavailable(code: impl Into<String>, retry_after_s: u32, cause: impl fmt::Display) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code)
            .header(axum::http::header::RETRY_AFTER, HeaderValue::from(retry_after_s))
            .cause(cause)
    }

    /// 500 `internal`: nobody foresaw this. `cause` is logged, not sent; it must hold no secret and no message text.
    pub fn internal(cause: impl fmt::Display) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").cause(cause)
    }

    /// Sets the kind, a URI reference with a page about it.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Problem {
        self.0.kind = kind.into();
        self
    }

    /// Sets the title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Problem {
        self.0.title = title.into();
        self
    }

    /// Sets the detail.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.0.detail = Some(cut(detail.into()));
        self
    }

    /// Adds a wrong field. Beyond 100 they are dropped.
    #[must_use]
    pub fn field(mut self, pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Problem {
        if self.0.errors.len() < FIELD_ERRORS_MAX {
            let (pointer, detail) = (cut(pointer.into()), cut(detail.into()));
            self.0.errors.push(FieldError { pointer, code: code.into(), detail });
        }
        self
    }

    /// Adds a member of its own to the problem. `name` is none of those that every problem has.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<serde_json::Value>) -> Problem {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    /// Sets what the log says and the caller does not see.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Problem {
        self.0.cause = Some(cause.to_string().into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.0.headers.insert(name, value);
        self
    }

    /// What the log says, if anything.
    pub(crate) fn logged_cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Names the request, once its id is known.
    pub(crate) fn of_request(mut self, id: &str) -> Problem {
        self.0.request_id = Some(id.to_owned());
        self
    }

    pub(crate) fn body(&self) -> Body {
        // A struct of texts and numbers cannot fail to encode; an empty body would still carry the status.
        Body::from(serde_json::to_vec(self).unwrap_or_default())
    }
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    text
}

impl Deref for Problem {
    type Target = ProblemContent;

    fn deref(&self) -> &ProblemContent {
        &self.0
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        ProblemContent::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        ProblemContent::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ProblemContent::schemas(schemas);
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body());
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers.clone();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        // The frame finds it here, logs its cause and writes the request's id into it.
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_not_sent() {
        let problem = Problem::internal("password was hunter2").field("/a~1b", "invalid", "no");
        let sent = serde_json::to_value(&problem).expect("json");
        assert_eq!(
            sent,
            serde_json::json!({
                "type": "about:blank", "title": "Internal Server Error", "status": 500, "code": "internal",
                "errors": [{"pointer": "/a~1b", "code": "invalid", "detail": "no"}]
            })
        );
        assert_eq!(problem.logged_cause(), Some("password was hunter2"));
    }

    #[test]
    fn members_of_its_own_stand_beside_the_others_and_survive() {
        let problem = Problem::conflict("window_closed", "too late").with("allowed", vec!["template"]);
        let sent = serde_json::to_value(&problem).expect("json");
        assert_eq!((&sent["allowed"], &sent["code"]), (&serde_json::json!(["template"]), &serde_json::json!("window_closed")));
        let read: Problem = serde_json::from_value(sent).expect("a problem");
        assert_eq!(read.more, problem.more);
    }

    #[test]
    fn a_quoted_request_does_not_come_back_whole() {
        let problem = Problem::not_found("é".repeat(9_999)).field("/x".repeat(9_999), "x", "y".repeat(9_999));
        assert!(serde_json::to_vec(&problem).expect("json").len() < 2_000);
    }

    #[test]
    fn the_list_of_wrong_fields_is_bounded() {
        let problem = (0..1_000).fold(Problem::unprocessable("invalid_body", "many"), |p, n| p.field(format!("/{n}"), "x", "y"));
        assert_eq!(problem.errors.len(), FIELD_ERRORS_MAX);
    }
}
