//! Only pages and programs of this machine: a web page from elsewhere must not reach the simulator through somebody's browser.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chassis::Problem;

use crate::config::{is_loopback_host, loopback_url};

pub(crate) async fn local_only(request: Request, next: Next) -> Response {
    if !is_from_here(&request) {
        return Problem::new(StatusCode::FORBIDDEN, "not_local").detail("the simulator answers this machine alone").into_response();
    }
    next.run(request).await
}

fn is_from_here(request: &Request) -> bool {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST).or(request.uri().authority().map(|authority| authority.as_str()));
    host.is_some_and(is_loopback_host) && text(ORIGIN).is_none_or(|origin| loopback_url(origin).is_ok())
}
