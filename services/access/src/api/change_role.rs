//! `PATCH /v1/workspaces/{workspace}/members/{user}`: another role. Only the owner makes and unmakes admins.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{UserId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::RoleName;
use super::by;
use crate::Access;
use crate::decide::{Command, WorkspaceCommand};

/// As what from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRole {
    role: RoleName,
    /// Whether the keys that they made, and those that were made with these, are revoked too. They go on working otherwise.
    #[serde(default)]
    revoke_keys: bool,
}

/// Changes a member's role
#[utoipa::path(
    patch,
    path = "/v1/workspaces/{workspace}/members/{user}",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(("workspace" = String, Path, description = "The workspace's id"), ("user" = String, Path, description = "The member")),
    request_body = ChangeRole,
    responses(
        (status = 204, description = "The member has this role"),
        (status = 403, description = "`insufficient_scope`: only the owner makes and unmakes admins"),
        (status = 409, description = "`owner_must_stay`: the owner's role changes by transfer"),
    )
)]
pub(crate) async fn change_role(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path((workspace, user)): Path<(WorkspaceId, UserId)>,
    Json(body): Json<ChangeRole>,
) -> Result<StatusCode, Problem> {
    let (by, origin) = by(&caller, &request)?;
    let command = WorkspaceCommand::ChangeRole { user, role: body.role.into(), revoke_keys: body.revoke_keys };
    access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
