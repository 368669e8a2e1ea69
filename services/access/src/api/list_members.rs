//! `GET /v1/workspaces/{workspace}/members`: who belongs to it, and what they may do.

use std::collections::HashMap;

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::MemberAnswer;
use super::show_workspace::living;
use crate::{Access, store};

/// All members: a workspace has at most 200.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Members {
    data: Vec<MemberAnswer>,
}

/// Lists members
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}/members",
    tag = "workspaces",
    security(("api_key" = ["workspace:read"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    responses((status = 200, description = "All members", body = Members))
)]
pub(crate) async fn list_members(State(access): State<Access>, Path(workspace): Path<WorkspaceId>) -> Result<Json<Members>, Problem> {
    let workspace = living(&access, workspace).await?;
    let people = store::workspaces::people_of(&access.pool, workspace.id).await?;
    let mut people: HashMap<String, _> = people.into_iter().map(|(id, email, name)| (id, (email, name))).collect();
    let members = workspace.members.iter();
    let data = members.map(|(user, member)| MemberAnswer::of(*user, member, people.remove(&user.to_string()).unwrap_or_default()));
    Ok(Json(Members { data: data.collect() }))
}
