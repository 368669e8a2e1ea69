//! Recorded bodies, sent again.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::Json;
use serde_json::{Value, json};

use crate::{Refused, Replay, Simulator};

/// Signs and sends bodies as they are; says how many. Switches for batches and order do not apply.
#[utoipa::path(post, path = "/sim/api/replay", tag = "simulator", request_body = Replay, responses((status = 202, body = Object)))]
pub(crate) async fn replay(State(simulator): State<Simulator>, Json(replay): Json<Replay>) -> Result<(StatusCode, Json<Value>), Refused> {
    let bodies = simulator.replay(&replay).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({"bodies": bodies}))))
}
