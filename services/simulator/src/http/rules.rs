//! How the simulated Meta behaves: limits, delays, reviews.

use axum::extract::State;
use chassis::Json;

use crate::{Refused, Rules, Simulator};

/// The rules as they are.
#[utoipa::path(get, path = "/sim/api/rules", tag = "simulator", responses((status = 200, body = Rules)))]
pub(crate) async fn show(State(simulator): State<Simulator>) -> Json<Rules> {
    Json(simulator.world().rules.clone())
}

/// Sets all rules; what is left out is as Meta has it.
#[utoipa::path(put, path = "/sim/api/rules", tag = "simulator", request_body = Rules, responses((status = 200, body = Rules)))]
pub(crate) async fn set(State(simulator): State<Simulator>, Json(rules): Json<Rules>) -> Result<Json<Rules>, Refused> {
    simulator.set_rules(rules.clone())?;
    Ok(Json(rules))
}
