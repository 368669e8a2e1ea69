//! `PATCH /v1/workspaces/{workspace}`: another name.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{UserId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::WorkspaceAnswer;
use super::{by, wrong};
use crate::decide::{Command, WorkspaceCommand};
use crate::{Access, Refusal};

/// What changes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameWorkspace {
    /// 1 to 100 characters, none of them a control character.
    #[schema(example = "Pizza Ltd", min_length = 1, max_length = 100)]
    name: String,
}

/// Renames a workspace
#[utoipa::path(
    patch,
    path = "/v1/workspaces/{workspace}",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    request_body = RenameWorkspace,
    responses(
        (status = 200, description = "The workspace", body = WorkspaceAnswer),
        (status = 422, description = "`invalid_body`"),
    )
)]
pub(crate) async fn rename_workspace(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(workspace): Path<WorkspaceId>,
    Json(body): Json<RenameWorkspace>,
) -> Result<Json<WorkspaceAnswer>, Problem> {
    let (by, origin) = by(&caller, &request)?;
    let name = body.name.parse().map_err(|error| wrong("/name", error))?;
    let ground = access.command(&Command::Workspace { workspace, by, command: WorkspaceCommand::Rename { name } }, origin).await?;
    let workspace = ground.workspace.as_ref().ok_or(Refusal::NoWorkspace)?;
    Ok(Json(WorkspaceAnswer::of(workspace, caller.user().and_then(|user| user.parse::<UserId>().ok()))))
}
