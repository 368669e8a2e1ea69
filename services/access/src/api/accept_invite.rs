//! `POST /v1/me/invites/{invite}/accept`: joining a workspace from one's own list, also after the link has expired.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{InviteId, WorkspaceId};

use super::answer::WorkspaceAnswer;
use super::by;
use crate::actor::Actor;
use crate::decide::{Command, WorkspaceCommand};
use crate::{Access, Error, Refusal, store};

/// Accepts an invitation
#[utoipa::path(
    post,
    path = "/v1/me/invites/{invite}/accept",
    tag = "people",
    security(("api_key" = ["self"])),
    params(("invite" = String, Path, description = "The invitation's id")),
    responses(
        (status = 200, description = "The workspace that was joined", body = WorkspaceAnswer),
        (status = 404, description = "`not_found`: no pending invitation of yours"),
        (status = 409, description = "`limit_reached`"),
    )
)]
pub(crate) async fn accept_invite(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(invite): Path<InviteId>,
) -> Result<Json<WorkspaceAnswer>, Problem> {
    let user = Actor::person(&caller)?;
    let (by, origin) = by(&caller, &request)?;
    let workspace = workspace_of(&access, invite).await?;
    let command = Command::Workspace { workspace, by, command: WorkspaceCommand::Accept { invite, user } };
    let ground = access.command(&command, origin).await?;
    let workspace = ground.workspace.as_ref().ok_or(Refusal::NoWorkspace)?;
    Ok(Json(WorkspaceAnswer::of(workspace, Some(user))))
}

/// Where an invitation leads. The table only says where to look: whether it is pending says the log.
pub(super) async fn workspace_of(access: &Access, invite: InviteId) -> Result<WorkspaceId, Error> {
    let workspace = store::workspaces::of_invite(&access.pool, &invite.to_string()).await?.ok_or(Refusal::NoInvite)?;
    workspace.parse().map_err(|_| Error::Row("workspace_id"))
}
