//! `DELETE /v1/workspaces/{workspace}/keys/{key}`: a key works no more, from this moment on.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, RequestId};
use contract::{KeyId, WorkspaceId};

use super::by;
use crate::Access;
use crate::decide::{Command, WorkspaceCommand};

/// Revokes a key
#[utoipa::path(
    delete,
    path = "/v1/workspaces/{workspace}/keys/{key}",
    tag = "keys",
    security(("api_key" = ["keys:write"])),
    params(("workspace" = String, Path, description = "The workspace's id"), ("key" = String, Path, description = "The key")),
    responses(
        (status = 204, description = "Revoked"),
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn revoke_key(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path((workspace, key)): Path<(WorkspaceId, KeyId)>,
) -> Result<StatusCode, Problem> {
    let (by, origin) = by(&caller, &request)?;
    access.command(&Command::Workspace { workspace, by, command: WorkspaceCommand::RevokeKey { key } }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
