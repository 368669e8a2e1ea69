//! `POST /webhooks/paystack`: check who sent it, keep it, answer. What it means is for whoever follows the log.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use chassis::Problem;
use contract::{EventId, PAYMENT_REPORTED, Subject};

use crate::append::{event, in_time};
use crate::outcome::{Outcome, answered};
use crate::payment_private::without_private;
use crate::payment_signature::{SIGNATURE_HEADER, SignatureError};
use crate::{Ingress, append};

/// The largest body that is taken. Paystack's are a few kilobytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// When the provider may try again where nobody has said who it is.
const RETRY_AFTER_S: u32 = 60;

/// Take in a webhook of the payment provider
///
/// Answers 200 only after the body is stored durably. Anything else makes Paystack send it again, for up to 72 hours.
#[utoipa::path(post, path = "/webhooks/paystack", tag = "webhooks",
    request_body(content = String, content_type = "application/json", description = "As Paystack sends it, at most 1 MiB"),
    params(("X-Paystack-Signature" = String, Header, description = "The HMAC-SHA512 of the raw body with the account's secret key, in hex")),
    responses(
        (status = 200, description = "Stored"),
        (status = 400, description = "`body_incomplete`: the body ended early", content_type = "application/problem+json"),
        (status = 401, description = "`signature_missing`, `signature_malformed`, `signature_wrong`; nothing was stored", content_type = "application/problem+json"),
        (status = 408, description = "`body_timeout`: the body took longer than 10 s", content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`: more than 1 MiB", content_type = "application/problem+json"),
        (status = 503, description = "`not_stored`: the log does not answer within 5 s; `overloaded`: too much at once; `payments_unconfigured`: there is no secret key", content_type = "application/problem+json"),
))]
pub(crate) async fn receive(State(ingress): State<Ingress>, request: Request) -> Response {
    answered("ingress_payment_webhooks_total", take_in(&ingress, request).await)
}

async fn take_in(ingress: &Ingress, request: Request) -> Outcome {
    let Some(secrets) = &ingress.payment_secrets else { return Err(("unconfigured", unconfigured())) };
    let (head, body) = request.into_parts();
    let (body, _room) = ingress.intake.read(&head.headers, body, BODY_BYTES_MAX).await.map_err(|problem| ("not_read", problem))?;
    let signature = head.headers.get(SIGNATURE_HEADER).map(|value| value.to_str().unwrap_or_default());
    secrets.verify(&body, signature).map_err(|error| (refusal(error), unsigned(error)))?;
    let subject = Subject::webhook("paystack", "event").map_err(|error| ("not_stored", Problem::internal(error)))?;
    // The same bytes sent again are the same event, whatever of them is kept.
    let id = EventId::derive_from_bytes(PAYMENT_REPORTED, &[], &body);
    let event = event(ingress, id, PAYMENT_REPORTED, append::PAYSTACK, "application/json", without_private(body));
    in_time(ingress.sink.keep(&subject, event)).await.map_err(|problem| ("not_stored", problem))
}

fn unconfigured() -> Problem {
    Problem::unavailable("payments_unconfigured", RETRY_AFTER_S, "PAIGE_PAYSTACK_SECRET_KEY is not set")
        .detail("this installation takes no payments")
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
