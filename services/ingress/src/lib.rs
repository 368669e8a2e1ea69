//! Meta's webhooks, and the payment provider's, into the log. Knows neither projects nor databases: whatever they signed is kept, then
//! answered.
//!
//! The first promise lives here: `200` only after the log has every change on storage that survives a power cut; otherwise `503`, and it
//! is sent again.

mod append;
pub mod config;
mod handshake;
mod intake;
mod outcome;
mod payment;
mod payment_private;
mod payment_signature;
mod sink;
mod webhook;

use std::sync::Arc;

use chassis::{Clock, Secret};
use journal::Journal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use whatsapp::AppSecrets;

use crate::intake::Intake;
pub use crate::payment_signature::PaymentSecrets;
use crate::sink::Sink;

/// The streams that this service writes.
pub const STREAMS: &[contract::Stream] = &[contract::Stream::Webhook];

/// What the handlers need.
#[derive(Clone)]
pub struct Ingress {
    sink: Sink,
    clock: Clock,
    secrets: Arc<AppSecrets>,
    verify_token: Secret,
    payment_secrets: Option<PaymentSecrets>,
    intake: Intake,
}

impl Ingress {
    /// `secrets` sign Meta's bodies; `verify_token` is what Meta repeats when the callback is set up.
    pub fn new(journal: Journal, clock: Clock, secrets: AppSecrets, verify_token: Secret) -> Self {
        Self::keeping_in(Sink::Log(journal), clock, secrets, verify_token)
    }

    /// The same with the append taken out: bodies are read, checked, split, made into events, and thrown away, answered with 200.
    /// For measuring what the rest costs, and for nothing else.
    pub fn discarding(clock: Clock, secrets: AppSecrets, verify_token: Secret) -> Self {
        Self::keeping_in(Sink::Nowhere, clock, secrets, verify_token)
    }

    /// The same, and payment webhooks that are signed with `secrets` are taken in too; without any they are answered with 503.
    #[must_use]
    pub fn with_payments(self, secrets: Option<PaymentSecrets>) -> Self {
        Self { payment_secrets: secrets, ..self }
    }

    fn keeping_in(sink: Sink, clock: Clock, secrets: AppSecrets, verify_token: Secret) -> Self {
        Self { sink, clock, secrets: Arc::new(secrets), verify_token, payment_secrets: None, intake: Intake::default() }
    }
}

/// Everything that Meta and the payment provider call.
pub fn routes(ingress: Ingress) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(handshake::handshake, webhook::receive)).routes(routes!(payment::receive)).with_state(ingress)
}
