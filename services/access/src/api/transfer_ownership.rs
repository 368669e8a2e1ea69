//! `POST /v1/workspaces/{workspace}/owner`: a member becomes the owner, and the owner an admin, in one step.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{UserId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::WorkspaceAnswer;
use super::{by, wrong};
use crate::decide::{Command, WorkspaceCommand};
use crate::{Access, Refusal};

/// To whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferOwnership {
    /// A member.
    #[schema(example = "usr_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    user: String,
}

/// Transfers ownership
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/owner",
    tag = "workspaces",
    security(("api_key" = ["workspace:own"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    request_body = TransferOwnership,
    responses(
        (status = 200, description = "The workspace", body = WorkspaceAnswer),
        (status = 404, description = "`not_found`: no such member"),
        (status = 409, description = "`personal_workspace`, `installation_workspace`"),
    )
)]
pub(crate) async fn transfer_ownership(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(workspace): Path<WorkspaceId>,
    Json(body): Json<TransferOwnership>,
) -> Result<Json<WorkspaceAnswer>, Problem> {
    let (by, origin) = by(&caller, &request)?;
    let to: UserId = body.user.parse().map_err(|error| wrong("/user", error))?;
    let command = Command::Workspace { workspace, by, command: WorkspaceCommand::TransferOwnership { to } };
    let ground = access.command(&command, origin).await?;
    let workspace = ground.workspace.as_ref().ok_or(Refusal::NoWorkspace)?;
    Ok(Json(WorkspaceAnswer::of(workspace, caller.user().and_then(|user| user.parse().ok()))))
}
