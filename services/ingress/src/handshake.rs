//! `GET /webhooks/meta`: Meta asks whether this URL is ours.
//!
//! Source: Meta, "Create a webhook endpoint", verification requests.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chassis::{Problem, Query};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use utoipa::IntoParams;

use crate::Ingress;

/// Meta's challenges have ten digits; nothing longer is sent back.
const CHALLENGE_BYTES_MAX: usize = 1_024;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Handshake {
    /// `subscribe`
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    /// Opaque text that the answer repeats
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    /// The token from the app dashboard
    #[serde(rename = "hub.verify_token")]
    verify_token: Option<String>,
}

/// Answer Meta's verification of the callback
#[utoipa::path(get, path = "/webhooks/meta", tag = "webhooks", params(Handshake), responses(
    (status = 200, description = "The challenge, as it was sent", content_type = "text/plain", body = String),
    (status = 403, description = "`verification_refused`: another mode or token", content_type = "application/problem+json"),
))]
pub(crate) async fn handshake(State(ingress): State<Ingress>, Query(asked): Query<Handshake>) -> Response {
    let token = asked.verify_token.unwrap_or_default();
    let ours = bool::from(token.as_bytes().ct_eq(ingress.verify_token.expose().as_bytes()));
    let challenge = asked.challenge.filter(|challenge| challenge.len() <= CHALLENGE_BYTES_MAX);
    match (asked.mode.as_deref(), ours, challenge) {
        (Some("subscribe"), true, Some(challenge)) => {
            ([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], challenge).into_response()
        }
        _ => Problem::new(StatusCode::FORBIDDEN, "verification_refused").detail("mode or verify token is not ours").into_response(),
    }
}
