//! `POST /webhooks/meta`: check who sent it, keep it, answer.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use chassis::Problem;
use whatsapp::{SIGNATURE_HEADER, SignatureError};

use crate::Ingress;
use crate::append::{append_changes, append_unreadable};
use crate::outcome::{Outcome, answered};

/// The largest body that Meta sends. Source: "Webhooks overview", 3 MB.
const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Take in a webhook
///
/// Answers 200 only after every change of the body is stored durably. Anything else makes Meta send it again, for up to 7 days.
#[utoipa::path(post, path = "/webhooks/meta", tag = "webhooks",
    request_body(content = String, content_type = "application/json", description = "As Meta sends it, at most 3 MiB"),
    params(("X-Hub-Signature-256" = String, Header, description = "sha256= and the HMAC-SHA256 of the raw body with the app secret, in hex")),
    responses(
        (status = 200, description = "Stored"),
        (status = 400, description = "`body_incomplete`: the body ended early", content_type = "application/problem+json"),
        (status = 401, description = "`signature_missing`, `signature_malformed`, `signature_wrong`; nothing was stored", content_type = "application/problem+json"),
        (status = 408, description = "`body_timeout`: the body took longer than 10 s", content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`: more than 3 MiB", content_type = "application/problem+json"),
        (status = 503, description = "`not_stored`: the log does not answer within 5 s; `overloaded`: too much at once", content_type = "application/problem+json"),
))]
pub(crate) async fn receive(State(ingress): State<Ingress>, request: Request) -> Response {
    answered("ingress_webhooks_total", take_in(&ingress, request).await)
}

async fn take_in(ingress: &Ingress, request: Request) -> Outcome {
    let (head, body) = request.into_parts();
    let (body, _room) = ingress.intake.read(&head.headers, body, BODY_BYTES_MAX).await.map_err(|problem| ("not_read", problem))?;
    let signature = head.headers.get(SIGNATURE_HEADER).map(|value| value.to_str().unwrap_or_default());
    ingress.secrets.verify(&body, signature).map_err(|error| (refusal(error), unsigned(error)))?;
    match whatsapp::split(&body) {
        Ok(changes) if !changes.is_empty() => append_changes(ingress, &body, &changes).await,
        Ok(_) => append_unreadable(ingress, body, "no changes").await,
        Err(error) => append_unreadable(ingress, body, &error.to_string()).await,
    }
    .map_err(|problem| ("not_stored", problem))
}

fn refusal(error: SignatureError) -> &'static str {
    match error {
        SignatureError::Missing => "signature_missing",
        SignatureError::Malformed => "signature_malformed",
        SignatureError::Mismatch => "signature_wrong",
    }
}

fn unsigned(error: SignatureError) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, refusal(error)).detail(error.to_string())
}
