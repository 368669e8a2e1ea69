//! `POST /v1/me/invites/{invite}/decline`: saying no to an invitation.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, RequestId};
use contract::InviteId;

use super::accept_invite::workspace_of;
use super::by;
use crate::Access;
use crate::actor::Actor;
use crate::decide::{Command, WorkspaceCommand};

/// Declines an invitation
#[utoipa::path(
    post,
    path = "/v1/me/invites/{invite}/decline",
    tag = "people",
    security(("api_key" = ["self"])),
    params(("invite" = String, Path, description = "The invitation's id")),
    responses(
        (status = 204, description = "Declined"),
        (status = 404, description = "`not_found`: no pending invitation of yours"),
    )
)]
pub(crate) async fn decline_invite(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(invite): Path<InviteId>,
) -> Result<StatusCode, Problem> {
    let user = Actor::person(&caller)?;
    let (by, origin) = by(&caller, &request)?;
    let workspace = workspace_of(&access, invite).await?;
    access.command(&Command::Workspace { workspace, by, command: WorkspaceCommand::Decline { invite, user } }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
