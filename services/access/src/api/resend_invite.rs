//! `POST /v1/workspaces/{workspace}/invites/{invite}/resend`: the mail again, with a new link; the old one stops working.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{InviteId, WorkspaceId};

use super::answer::InviteAnswer;
use super::by;
use crate::decide::{Command, WorkspaceCommand};
use crate::{Access, Refusal};

/// Sends an invitation again
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/invites/{invite}/resend",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(("workspace" = String, Path, description = "The workspace's id"), ("invite" = String, Path, description = "The invitation")),
    responses(
        (status = 200, description = "The pending invitation", body = InviteAnswer),
        (status = 404, description = "`not_found`: not pending"),
        (status = 429, description = "`too_many_requests`: mailed a moment ago, or too many today"),
        (status = 503, description = "`mail_overloaded`: too many mails wait to be sent; `authorization_stale`, `log_unavailable`, `contended`, `timeout`"),
    )
)]
pub(crate) async fn resend_invite(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path((workspace, invite)): Path<(WorkspaceId, InviteId)>,
) -> Result<Json<InviteAnswer>, Problem> {
    let (by, origin) = by(&caller, &request)?;
    let place = access.outbox.reserve()?;
    let ground = access.command(&Command::Workspace { workspace, by, command: WorkspaceCommand::Resend { invite } }, origin).await?;
    let workspace = ground.workspace.as_ref().ok_or(Refusal::NoWorkspace)?;
    let pending = workspace.invites.get(&invite).ok_or(Refusal::NoInvite)?;
    access.mail_link(place, workspace, invite, pending)?;
    Ok(Json(InviteAnswer::of(invite, pending)))
}
