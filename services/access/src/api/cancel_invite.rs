//! `DELETE /v1/workspaces/{workspace}/invites/{invite}`: taking an invitation back. Its link leads nowhere from then on.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, RequestId};
use contract::{InviteId, WorkspaceId};

use super::by;
use crate::Access;
use crate::decide::{Command, WorkspaceCommand};

/// Cancels an invitation
#[utoipa::path(
    delete,
    path = "/v1/workspaces/{workspace}/invites/{invite}",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(("workspace" = String, Path, description = "The workspace's id"), ("invite" = String, Path, description = "The invitation")),
    responses(
        (status = 204, description = "Cancelled"),
        (status = 404, description = "`not_found`: not pending"),
    )
)]
pub(crate) async fn cancel_invite(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path((workspace, invite)): Path<(WorkspaceId, InviteId)>,
) -> Result<StatusCode, Problem> {
    let (by, origin) = by(&caller, &request)?;
    access.command(&Command::Workspace { workspace, by, command: WorkspaceCommand::CancelInvite { invite } }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
