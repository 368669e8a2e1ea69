//! The switches for what goes wrong with payments.

use axum::extract::State;
use chassis::Json;

use crate::Refused;
use crate::paystack::{Paystack, PaystackFaults};

/// The switches as they are.
#[utoipa::path(get, path = "/sim/paystack/faults", tag = "simulated paystack", responses((status = 200, body = PaystackFaults)))]
pub(crate) async fn show(State(paystack): State<Paystack>) -> Json<PaystackFaults> {
    Json(paystack.office().faults.clone())
}

/// Sets all switches; what is left out is off.
#[utoipa::path(put, path = "/sim/paystack/faults", tag = "simulated paystack", request_body = PaystackFaults,
    responses((status = 200, body = PaystackFaults)))]
pub(crate) async fn set(State(paystack): State<Paystack>, Json(faults): Json<PaystackFaults>) -> Result<Json<PaystackFaults>, Refused> {
    paystack.set_faults(faults.clone())?;
    Ok(Json(faults))
}
