//! The payment webhooks that are not delivered, and trying all of them at once.

use axum::extract::State;
use chassis::Json;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::paystack::Paystack;
use crate::paystack::outbox::Undelivered;

const SHOWN_MAX: usize = 200;

/// The oldest first, at most 200.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaystackDeliveries {
    undelivered: usize,
    /// Webhooks that were never sent, as asked for.
    lost: u64,
    data: Vec<Undelivered>,
}

/// The webhooks that wait.
#[utoipa::path(get, path = "/sim/paystack/deliveries", tag = "simulated paystack", responses((status = 200, body = PaystackDeliveries)))]
pub(crate) async fn list(State(paystack): State<Paystack>) -> Json<PaystackDeliveries> {
    let office = paystack.office();
    Json(PaystackDeliveries { undelivered: office.outbox.undelivered(), lost: office.outbox.lost, data: office.outbox.show(SHOWN_MAX) })
}

/// Makes everything that waits due now; says how much that is.
#[utoipa::path(post, path = "/sim/paystack/deliveries/retry", tag = "simulated paystack", responses((status = 200, body = Object)))]
pub(crate) async fn retry(State(paystack): State<Paystack>) -> Json<Value> {
    let due = paystack.office().outbox.hurry(paystack.0.clock.now());
    paystack.0.changed.notify_one();
    Json(json!({ "due": due }))
}
