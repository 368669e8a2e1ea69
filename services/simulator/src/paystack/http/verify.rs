//! `GET /transaction/verify/{reference}`: what became of a transaction.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::paystack::Paystack;
use crate::paystack::refusal::Refusal;

/// Shows a transaction, as Paystack's route of this name.
#[utoipa::path(get, path = "/sim/paystack/transaction/verify/{reference}", tag = "simulated paystack",
    params(("reference" = String, Path, description = "The transaction's reference")),
    responses((status = 200, body = Object), (status = 401, body = Object), (status = 404, body = Object)))]
pub(crate) async fn verify(State(paystack): State<Paystack>, Path(reference): Path<String>) -> Result<Json<Value>, Refusal> {
    let data = paystack.office().account.verify(&reference)?.json();
    Ok(Json(json!({ "status": true, "message": "Verification successful", "data": data })))
}
