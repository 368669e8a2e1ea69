//! `POST /v1/workspaces/{workspace}/leave`: going by oneself.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, Query, RequestId};
use contract::WorkspaceId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::by;
use crate::Access;
use crate::actor::Actor;
use crate::decide::{Command, WorkspaceCommand};

/// What stays.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Leave {
    /// Whether the keys that the caller made, and those that were made with these, go on working. Otherwise they are revoked in the same step.
    #[serde(default)]
    keep_keys: bool,
}

/// Leaves a workspace
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/leave",
    tag = "workspaces",
    security(("api_key" = ["self"])),
    params(("workspace" = String, Path, description = "The workspace's id"), Leave),
    responses(
        (status = 204, description = "No member any more"),
        (status = 409, description = "`owner_must_stay`: transfer ownership first"),
    )
)]
pub(crate) async fn leave(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(workspace): Path<WorkspaceId>,
    Query(query): Query<Leave>,
) -> Result<StatusCode, Problem> {
    let user = Actor::person(&caller)?;
    let (by, origin) = by(&caller, &request)?;
    let command = WorkspaceCommand::Leave { user, keep_keys: query.keep_keys };
    access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
