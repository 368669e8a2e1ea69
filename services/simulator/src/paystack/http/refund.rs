//! `POST /refund`: money goes back to whoever paid. All of it: what Paystack does of a part changes no transaction's status.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use crate::paystack::Paystack;
use crate::paystack::refusal::Refusal;

/// Sends the money of a transaction back, as Paystack's route of this name. The transaction is `reversed` at once, and `refund.processed` is reported.
#[utoipa::path(post, path = "/sim/paystack/refund", tag = "simulated paystack", request_body = Object,
    responses((status = 200, body = Object), (status = 400, body = Object), (status = 401, body = Object), (status = 404, body = Object)))]
pub(crate) async fn refund(State(paystack): State<Paystack>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let body: Value = serde_json::from_slice(&body).map_err(|_| Refusal::NotJson)?;
    let reference = body["transaction"].as_str().ok_or(Refusal::Missing("transaction"))?;
    let transaction = paystack.act(|office, _| office.account.refund(reference))?;
    Ok(Json(json!({ "status": true, "message": "Refund has been queued for processing", "data": transaction.refund_json() })))
}
