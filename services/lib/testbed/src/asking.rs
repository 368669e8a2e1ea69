//! Requests to the routes of a service in the test's own process, and their answers.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request};
use chassis::{Health, Ids, Metrics, Secret, Site};
use serde_json::Value;
use tower::ServiceExt;

/// The platform's key.
pub const API_KEY: &str = "key-for-tests-0123456789";

/// What is around the routes, as in every process.
pub fn site(health: Health, ids: &Ids) -> Site {
    Site::new("Test", Secret::new(API_KEY), health, Metrics::install().expect("the one recorder"), ids.clone())
}

/// A request of whoever has this key or session.
pub fn request(key: &str, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    request.expect("a request")
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    /// Null where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// What the routes answer to a request.
    pub async fn to(router: Router, request: Request<Body>) -> Self {
        let (head, body) = router.oneshot(request).await.expect("routes always answer").into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the whole body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status: head.status.as_u16(), headers: head.headers, bytes, body }
    }

    /// The same, which must not be refused.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{self:?}");
        self
    }

    /// The body of what must be answered with this status.
    #[track_caller]
    pub fn done(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    /// The body of what must be refused like this.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.refused(), (status, code), "{self:?}");
        self.body
    }

    /// Why it is refused; empty where it is not.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Status and code, of what is refused.
    pub fn refused(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// A text of the body, by its JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {self:?}")).to_owned()
    }

    /// The id of what was made.
    #[track_caller]
    pub fn id(&self) -> String {
        self.text("/id")
    }
}
