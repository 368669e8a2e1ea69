//! `POST /transaction/charge_authorization`: a card that paid before pays again, without anybody at a page.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use crate::paystack::ask::Ask;
use crate::paystack::refusal::Refusal;
use crate::paystack::{Office, Paystack};

/// Charges a card again, as Paystack's route of this name. 200 also when it is declined: `data.status` says so.
#[utoipa::path(post, path = "/sim/paystack/transaction/charge_authorization", tag = "simulated paystack", request_body = Object,
    responses((status = 200, body = Object), (status = 400, body = Object), (status = 401, body = Object)))]
pub(crate) async fn charge_authorization(State(paystack): State<Paystack>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let body: Value = serde_json::from_slice(&body).map_err(|_| Refusal::NotJson)?;
    let code = body["authorization_code"].as_str().ok_or(Refusal::Missing("authorization_code"))?;
    let ask = Ask::read(&body)?;
    let transaction = paystack.act(|office, now| {
        let Office { account, faults, dice, .. } = office;
        account.charge(ask, code, !faults.insufficient_funds, now, dice)
    })?;
    Ok(Json(json!({ "status": true, "message": "Charge attempted", "data": transaction.json() })))
}
