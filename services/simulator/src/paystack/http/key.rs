//! Before Paystack's own routes: the secret key, and calls that go wrong as asked for.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rand::RngExt;

use crate::paystack::refusal::Refusal;
use crate::paystack::{Office, Paystack};

pub(crate) async fn key_and_faults(State(paystack): State<Paystack>, request: Request, next: Next) -> Response {
    if let Err(refusal) = check(&paystack, request.headers()) {
        return refusal.into_response();
    }
    let (unavailable, timed_out) = {
        let mut office = paystack.office();
        let Office { faults, dice, .. } = &mut *office;
        (dice.random_bool(faults.unavailable), dice.random_bool(faults.time_out_after_accepting))
    };
    if unavailable {
        return proxy(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let answer = next.run(request).await;
    // What stands before Paystack gives up waiting; what was asked for is done all the same.
    if timed_out { proxy(StatusCode::GATEWAY_TIMEOUT) } else { answer }
}

fn check(paystack: &Paystack, headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(AUTHORIZATION).ok_or(Refusal::NoKey)?;
    let key = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).ok_or(Refusal::WrongKey)?;
    if key == paystack.0.settings.paystack_secret_key.expose() { Ok(()) } else { Err(Refusal::WrongKey) }
}

/// No JSON: a client that reads one is wrong.
fn proxy(status: StatusCode) -> Response {
    (status, [(CONTENT_TYPE, "text/html")], format!("<html><body><h1>{status}</h1></body></html>")).into_response()
}
