//! `GET /v1/workspaces/{workspace}/invites`: who was asked to join and has not answered.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::InviteAnswer;
use super::show_workspace::living;
use crate::Access;

/// All pending invitations: a workspace has at most 100.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invites {
    data: Vec<InviteAnswer>,
}

/// Lists pending invitations
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}/invites",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    responses((status = 200, description = "All pending invitations", body = Invites))
)]
pub(crate) async fn list_invites(State(access): State<Access>, Path(workspace): Path<WorkspaceId>) -> Result<Json<Invites>, Problem> {
    let workspace = living(&access, workspace).await?;
    Ok(Json(Invites { data: workspace.invites.iter().map(|(id, invite)| InviteAnswer::of(*id, invite)).collect() }))
}
