//! Path and query parameters for handlers, with a problem for whatever is wrong with one.
//!
//! They are axum's own extractors; only the answer to a wrong value differs.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;
use crate::json::named_field;

/// Parameters of the path. 400 `invalid_path` with the parameter's name if one cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

/// Parameters of the query. 400 `invalid_query` if they cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(rejection) => Err(refuse_path(rejection, only_name(parts, state).await)),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => {
                let text = std::error::Error::source(&rejection).map_or_else(|| rejection.body_text(), ToString::to_string);
                Err(refuse_query(&text))
            }
        }
    }
}

/// The name of the parameter if the path has exactly one: axum does not tell it then.
async fn only_name<S: Send + Sync>(parts: &mut Parts, state: &S) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, state).await.ok()?;
    let mut names = params.iter().map(|(name, _)| name.to_owned());
    names.next().filter(|_| names.next().is_none())
}

fn refuse_path(rejection: PathRejection, only: Option<String>) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return Problem::internal("the route has no path parameters, but its handler takes some");
    };
    if failed.status().is_server_error() {
        return Problem::internal(failed.body_text());
    }
    let (name, detail) = match failed.into_kind() {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => (Some(key), format!("not a {expected_type}")),
        ErrorKind::DeserializeError { key, message, .. } => (Some(key), message),
        ErrorKind::InvalidUtf8InPathParam { key } => (Some(key), "not utf-8".to_owned()),
        ErrorKind::ParseError { expected_type, .. } => (only, format!("not a {expected_type}")),
        ErrorKind::Message(message) => (only, message),
        other => (only, other.to_string()),
    };
    let pointer = name.map(|name| format!("/{name}")).unwrap_or_default();
    Problem::new(StatusCode::BAD_REQUEST, "invalid_path").detail("a part of the path cannot be read").field(pointer, "invalid", detail)
}

/// `text` is what serde says: `<name>: <what>`, or only `<what>`.
fn refuse_query(text: &str) -> Problem {
    if let Some((code, name)) = named_field(text) {
        return Problem::unreadable_query().field(format!("/{name}"), code, text);
    }
    match text.split_once(": ").filter(|(name, _)| !name.contains([' ', '`'])) {
        Some((name, what)) => Problem::invalid_query(format!("/{name}"), what),
        None => Problem::invalid_query("", text),
    }
}
