//! What happens around every request: its id, span, time limit, numbers, and the last word on its problem.
//!
//! One middleware instead of five, because it is on the path of every webhook. It logs only what somebody must look
//! at (500, and 5xx with a cause); every other request is a number and a debug line.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::time::timeout;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::request_id::X_REQUEST_ID;
use crate::{Ids, Problem, RequestId, traceparent};

/// `Retry-After` of a request that took too long.
const RETRY_AFTER_S: u32 = 1;
/// A large body that comes no faster than this still arrives in time: a mobile connection on a bad day.
const BODY_BYTES_PER_SECOND_MIN: u64 = 64 * 1024;
/// However much is announced.
const BODY_TIME_MAX: Duration = Duration::from_secs(30 * 60);

#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) ids: Ids,
    pub(crate) answer_limit: Duration,
}

pub(crate) async fn frame(State(frame): State<Frame>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::accept(request.headers(), &frame.ids);
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = name(request.method());
    let span = span(&request, &id, method, route);
    request.extensions_mut().insert(id.clone());
    let limit = frame.answer_limit + time_for_body(&request);

    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answer = timeout(limit, answer).instrument(span.clone()).await;
    let mut response = match answer {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => Problem::internal("the handler panicked").into_response(),
        Err(_elapsed) => Problem::unavailable("timeout", RETRY_AFTER_S, "the handler was too slow").into_response(),
    };
    span.in_scope(|| finish(&mut response, &id, method, route, began.elapsed()));
    response
}

/// What its body may take beyond the time that every request has.
fn time_for_body(request: &Request) -> Duration {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_secs(length / BODY_BYTES_PER_SECOND_MIN).min(BODY_TIME_MAX)
}

fn span(request: &Request, id: &RequestId, method: &'static str, route: &str) -> Span {
    let span = tracing::info_span!("request", otel.kind = "server", request.id = id.as_str(), http.method = method, http.route = route,);
    if let Some(parent) = request.headers().get(traceparent::TRACEPARENT).and_then(|value| value.to_str().ok()) {
        traceparent::set_parent(&span, parent);
    }
    span
}

fn finish(response: &mut Response, id: &RequestId, method: &'static str, route: &str, took: Duration) {
    let status = response.status();
    // Not a field of the span: the JSON layer reads and writes all fields again for each that comes late.
    Span::current().set_attribute("http.response.status_code", i64::from(status.as_u16()));
    let problem = response.extensions_mut().remove::<Arc<Problem>>();
    log(status, problem.as_deref(), took);
    if let Some(problem) = problem {
        *response.body_mut() = Arc::unwrap_or_clone(problem).of_request(id.as_str()).body();
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    count(method, route, status, took);
}

fn log(status: StatusCode, problem: Option<&Problem>, took: Duration) {
    let http_status = status.as_u16();
    let code = problem.map_or("", |problem| problem.code.as_str());
    let cause = problem.and_then(Problem::logged_cause);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        let trace = traceparent::current();
        tracing::error!(http.status = http_status, code, cause, trace, "request failed");
    } else if let (true, Some(cause)) = (status.is_server_error(), cause) {
        let trace = traceparent::current();
        tracing::warn!(http.status = http_status, code, cause, trace, "request failed");
    } else {
        // Also what is shed under load without a cause: a line for each would make the load worse.
        let took_ms = took.as_secs_f64() * 1e3;
        tracing::debug!(http.status = http_status, code, cause, took_ms, "request");
    }
}

fn count(method: &'static str, route: &str, status: StatusCode, took: Duration) {
    let class = match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    let route = route.to_owned();
    metrics::histogram!("http_request_seconds", "method" => method, "route" => route, "status" => class).record(took);
}

/// Any text is a method for a caller; as a label only the known ones are.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
