//! The Flows at Meta: what is there, and what Meta or somebody in its editor does to them.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::graph::{Alert, Flow, FlowStatus, alert, put_behind, rename_behind, set_status};
use crate::{Refused, Simulator};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Flows {
    /// From the oldest.
    data: Vec<Flow>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlowStatus {
    status: FlowStatus,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlowName {
    #[schema(example = "Summer booking")]
    name: String,
}

/// All Flows of all accounts.
#[utoipa::path(get, path = "/sim/api/flows", tag = "simulator", responses((status = 200, body = Flows)))]
pub(crate) async fn list(State(simulator): State<Simulator>) -> Json<Flows> {
    Json(Flows { data: simulator.world().meta.flows.of(None).cloned().collect() })
}

/// Throttles, blocks, frees or publishes a Flow, as Meta or somebody in its pages does. The webhook follows if the account is subscribed.
#[utoipa::path(post, path = "/sim/api/flows/{flow_id}/status", tag = "simulator", params(("flow_id" = String, Path)), request_body = NewFlowStatus, responses((status = 204)))]
pub(crate) async fn status(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Json(new): Json<NewFlowStatus>,
) -> Result<StatusCode, Refused> {
    simulator.change(|world, now| set_status(world, &id, new.status, now))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the JSON in Meta's own editor, without the business; says what is wrong with it. A published Flow is a draft again.
#[utoipa::path(put, path = "/sim/api/flows/{flow_id}/assets", tag = "simulator", params(("flow_id" = String, Path)), request_body = Object, responses((status = 200, body = Object)))]
pub(crate) async fn assets(State(simulator): State<Simulator>, Path(id): Path<String>, body: Bytes) -> Result<Json<Value>, Refused> {
    let errors = simulator.change(|world, now| put_behind(world, &id, body, now))?;
    Ok(Json(json!({ "validation_errors": errors })))
}

/// Gives it another name in Meta's own pages, without the business, as `POST /{flow_id}` does: a published Flow is a draft again.
#[utoipa::path(put, path = "/sim/api/flows/{flow_id}/name", tag = "simulator", params(("flow_id" = String, Path)), request_body = NewFlowName, responses((status = 204)))]
pub(crate) async fn rename(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Json(new): Json<NewFlowName>,
) -> Result<StatusCode, Refused> {
    simulator.change(|world, now| rename_behind(world, &id, &new.name, now))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Warns about errors, latency or availability of a Flow. The webhook follows if the account is subscribed.
#[utoipa::path(post, path = "/sim/api/flows/{flow_id}/alerts", tag = "simulator", params(("flow_id" = String, Path)), request_body = Alert, responses((status = 204)))]
pub(crate) async fn warn(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Json(new): Json<Alert>,
) -> Result<StatusCode, Refused> {
    simulator.change(|world, now| alert(world, &id, new, now))?;
    Ok(StatusCode::NO_CONTENT)
}
