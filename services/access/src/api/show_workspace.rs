//! `GET /v1/workspaces/{workspace}`: one workspace.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem};
use contract::{UserId, WorkspaceId};

use super::answer::WorkspaceAnswer;
use crate::workspace::Workspace;
use crate::{Access, Error, Refusal};

/// Shows a workspace
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}",
    tag = "workspaces",
    security(("api_key" = ["workspace:read"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    responses(
        (status = 200, description = "The workspace", body = WorkspaceAnswer),
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn show_workspace(
    State(access): State<Access>,
    caller: Caller,
    Path(workspace): Path<WorkspaceId>,
) -> Result<Json<WorkspaceAnswer>, Problem> {
    let workspace = living(&access, workspace).await?;
    let user = caller.user().and_then(|user| user.parse::<UserId>().ok());
    Ok(Json(WorkspaceAnswer::of(&workspace, user)))
}

/// A workspace that was not deleted, as the log has it.
pub(super) async fn living(access: &Access, id: WorkspaceId) -> Result<Workspace, Error> {
    let (workspace, _) = access.workspace(id).await?;
    Ok(workspace.filter(|workspace| workspace.deleted_at.is_none()).ok_or(Refusal::NoWorkspace)?)
}
