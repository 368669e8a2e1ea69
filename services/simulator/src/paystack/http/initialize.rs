//! `POST /transaction/initialize`: a page at which somebody can pay.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use serde_json::{Value, json};

use crate::paystack::ask::Ask;
use crate::paystack::refusal::Refusal;
use crate::paystack::{Office, Paystack};

/// Opens a payment page, as Paystack's route of this name.
#[utoipa::path(post, path = "/sim/paystack/transaction/initialize", tag = "simulated paystack", request_body = Object,
    responses((status = 200, body = Object), (status = 400, body = Object), (status = 401, body = Object)))]
pub(crate) async fn initialize(State(paystack): State<Paystack>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, Refusal> {
    let ask = Ask::read(&serde_json::from_slice(&body).map_err(|_| Refusal::NotJson)?)?;
    let now = paystack.0.clock.now();
    let (access_code, transaction) = {
        let mut office = paystack.office();
        let Office { account, dice, .. } = &mut *office;
        account.initialise(ask, now, dice)?
    };
    // The page is where this request came to, which is this machine.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let data = json!({
        "authorization_url": format!("http://{host}/sim/paystack/pay/{access_code}"),
        "access_code": access_code,
        "reference": transaction.reference,
    });
    Ok(Json(json!({ "status": true, "message": "Authorization URL created", "data": data })))
}
