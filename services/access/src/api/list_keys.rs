//! `GET /v1/workspaces/{workspace}/keys`: the keys of a workspace, without their secrets.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::KeyAnswer;
use super::show_workspace::living;
use crate::{Access, store};

/// The youngest first: all that work, and the last 100 that work no more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    data: Vec<KeyAnswer>,
}

/// Lists keys
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}/keys",
    tag = "keys",
    security(("api_key" = ["keys:write"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    responses((status = 200, description = "The keys", body = Keys))
)]
pub(crate) async fn list_keys(State(access): State<Access>, Path(workspace): Path<WorkspaceId>) -> Result<Json<Keys>, Problem> {
    let workspace = living(&access, workspace).await?;
    let uses = store::keys::uses(&access.pool, workspace.id).await?;
    let keys = workspace.keys.iter().rev();
    Ok(Json(Keys { data: keys.map(|(id, key)| KeyAnswer::of(*id, key, uses.get(id).copied())).collect() }))
}
