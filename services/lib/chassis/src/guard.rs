//! The key in front of the API: every path under `/v1` needs `Authorization: Bearer <key>`.
//!
//! It stands before the routes, not on them, so that no route can forget it and an unknown path tells nothing.
//! People and several keys are not known here.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Problem, Secret};

/// SHA-256 of the key: comparing digests takes the same time whatever was sent, also whatever its length.
#[derive(Clone)]
pub(crate) struct Guard([u8; 32]);

impl Guard {
    pub(crate) fn new(key: &Secret) -> Guard {
        Guard(Sha256::digest(key.expose()).into())
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let Some((scheme, key)) = value.as_bytes().split_at_checked("Bearer ".len()) else { return false };
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(Sha256::digest(key).ct_eq(&self.0))
    }
}

pub(crate) fn is_guarded(path: &str) -> bool {
    path.strip_prefix("/v1").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    if is_guarded(request.uri().path()) && !guard.admits(request.headers()) {
        return Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated")
            .detail("send the API key as `Authorization: Bearer <key>`")
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            .into_response();
    }
    next.run(request).await
}
