//! `POST /v1/workspaces/{workspace}/leave`: going by oneself.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, RequestId};
use contract::WorkspaceId;

use super::by;
use crate::Access;
use crate::actor::Actor;
use crate::decide::{Command, WorkspaceCommand};

/// Leaves a workspace
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/leave",
    tag = "workspaces",
    security(("api_key" = ["self"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    responses(
        (status = 204, description = "No member any more"),
        (status = 409, description = "`owner_must_stay`: transfer ownership first", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn leave(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(workspace): Path<WorkspaceId>,
) -> Result<StatusCode, Problem> {
    let user = Actor::person(&caller)?;
    let (by, origin) = by(&caller, &request)?;
    access.command(&Command::Workspace { workspace, by, command: WorkspaceCommand::Leave { user } }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
