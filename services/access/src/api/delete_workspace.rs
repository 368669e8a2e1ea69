//! `DELETE /v1/workspaces/{workspace}`: for ever. Nobody belongs to it any more and no key of it works.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::WorkspaceId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::by;
use crate::Access;
use crate::decide::{Command, WorkspaceCommand};

/// That it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteWorkspace {
    /// The workspace's name.
    #[schema(example = "Pizza Ltd")]
    confirm: String,
}

/// Deletes a workspace
#[utoipa::path(
    delete,
    path = "/v1/workspaces/{workspace}",
    tag = "workspaces",
    security(("api_key" = ["workspace:own"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    request_body = DeleteWorkspace,
    responses(
        (status = 204, description = "Deleted"),
        (status = 409, description = "`owns_projects`: they are deleted first, for a team gives none away; `personal_workspace`, `installation_workspace`"),
        (status = 422, description = "`invalid_body`; `not_confirmed`: the name is another"),
    )
)]
pub(crate) async fn delete_workspace(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(workspace): Path<WorkspaceId>,
    Json(body): Json<DeleteWorkspace>,
) -> Result<StatusCode, Problem> {
    let (by, origin) = by(&caller, &request)?;
    let command = WorkspaceCommand::Delete { confirm: body.confirm };
    access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
