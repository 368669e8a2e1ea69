//! `DELETE /v1/workspaces/{workspace}/members/{user}`: somebody belongs to it no more, from this moment on.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, Query, RequestId};
use contract::{UserId, WorkspaceId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::by;
use crate::Access;
use crate::decide::{Command, WorkspaceCommand};

/// What stays of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemoveMember {
    /// Whether the keys that they made, and those that were made with these, go on working. Otherwise they are revoked in the same step, for
    /// they may know them.
    #[serde(default)]
    keep_keys: bool,
}

/// Removes a member
///
/// Nothing of the workspace can be reached with their sessions any more, and the keys that they made are revoked, unless `keep_keys` says
/// otherwise. Their sessions do not end.
#[utoipa::path(
    delete,
    path = "/v1/workspaces/{workspace}/members/{user}",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(("workspace" = String, Path, description = "The workspace's id"), ("user" = String, Path, description = "The member"), RemoveMember),
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "`insufficient_scope`: only the owner removes admins"),
        (status = 409, description = "`owner_must_stay`"),
    )
)]
pub(crate) async fn remove_member(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path((workspace, user)): Path<(WorkspaceId, UserId)>,
    Query(query): Query<RemoveMember>,
) -> Result<StatusCode, Problem> {
    let (by, origin) = by(&caller, &request)?;
    let command = WorkspaceCommand::Remove { user, keep_keys: query.keep_keys };
    access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
