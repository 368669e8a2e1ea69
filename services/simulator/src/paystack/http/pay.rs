//! What a customer does at the page, as JSON, for the page itself, for tests and for the demo.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::paystack::account::Card;
use crate::paystack::refusal::Refusal;
use crate::paystack::transaction::Transaction;
use crate::paystack::{Office, Paystack};

/// With which card; a good one if nobody says.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Payment {
    card: Card,
}

/// What is to be paid at a page.
#[utoipa::path(get, path = "/sim/paystack/pay/{access_code}/payment", tag = "simulated paystack",
    params(("access_code" = String, Path, description = "Of the page")),
    responses((status = 200, body = Object), (status = 404, body = Object)))]
pub(crate) async fn show(State(paystack): State<Paystack>, Path(access_code): Path<String>) -> Result<Json<Value>, Refusal> {
    Ok(Json(shown(paystack.office().account.page(&access_code)?)))
}

/// Pays at a page, or fails to.
#[utoipa::path(post, path = "/sim/paystack/pay/{access_code}/payment", tag = "simulated paystack",
    request_body(content = Object, description = "`card`: `good`, `insufficient_funds`, `single_use` or `declined_later`; a good one if nobody says"),
    params(("access_code" = String, Path, description = "Of the page")),
    responses((status = 200, body = Object), (status = 404, body = Object), (status = 409, body = Object)))]
pub(crate) async fn pay(State(paystack): State<Paystack>, Path(access_code): Path<String>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let payment: Payment = match body.is_empty() {
        true => Payment::default(),
        false => serde_json::from_slice(&body).map_err(|_| Refusal::Parameter("card"))?,
    };
    let transaction = paystack.act(|office, now| {
        let Office { account, faults, dice, .. } = office;
        account.pay(&access_code, payment.card, !faults.insufficient_funds, now, dice)
    })?;
    Ok(Json(shown(&transaction)))
}

fn shown(transaction: &Transaction) -> Value {
    let back = transaction.callback_url.as_ref().map(|url| {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}trxref={0}&reference={0}", transaction.reference)
    });
    json!({
        "reference": transaction.reference,
        "status": transaction.status.as_str(),
        "gateway_response": transaction.gateway_response,
        "amount": transaction.amount,
        "currency": transaction.currency,
        "email": transaction.customer.email,
        "redirect_to": back,
    })
}
