//! The switches for what goes wrong.

use axum::extract::State;
use chassis::Json;

use crate::{Faults, Refused, Simulator};

/// The switches as they are.
#[utoipa::path(get, path = "/sim/api/faults", tag = "simulator", responses((status = 200, body = Faults)))]
pub(crate) async fn show(State(simulator): State<Simulator>) -> Json<Faults> {
    Json(simulator.world().outbox.faults.clone())
}

/// Sets all switches; what is left out is off.
#[utoipa::path(put, path = "/sim/api/faults", tag = "simulator", request_body = Faults, responses((status = 200, body = Faults)))]
pub(crate) async fn set(State(simulator): State<Simulator>, Json(faults): Json<Faults>) -> Result<Json<Faults>, Refused> {
    simulator.set_faults(faults.clone())?;
    Ok(Json(faults))
}
