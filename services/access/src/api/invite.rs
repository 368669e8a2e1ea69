//! `POST /v1/workspaces/{workspace}/invites`: asking somebody to join, by e-mail.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{InviteId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{InviteAnswer, RoleName};
use super::{by, wrong};
use crate::decide::{Command, WorkspaceCommand};
use crate::email::Email;
use crate::keyed::Link;
use crate::mail::{Mail, Place};
use crate::workspace::{Invite as Pending, Workspace};
use crate::{Access, Refusal, letters};

/// Whom, and as what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    role: RoleName,
}

/// Invites somebody
///
/// A second invitation of an address renews the pending one, with a new link; for another role it takes its place.
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/invites",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    request_body = Invite,
    responses(
        (status = 201, description = "The pending invitation", body = InviteAnswer),
        (status = 403, description = "`insufficient_scope`: only the owner invites admins"),
        (status = 409, description = "`already_member`, `personal_workspace`, `limit_reached`"),
        (status = 422, description = "`invalid_body`"),
        (status = 429, description = "`too_many_requests`: mailed a moment ago, or too many today"),
        (status = 503, description = "`mail_overloaded`: too many mails wait to be sent; `authorization_stale`, `log_unavailable`, `contended`, `timeout`"),
    )
)]
pub(crate) async fn invite(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(workspace): Path<WorkspaceId>,
    Json(body): Json<Invite>,
) -> Result<(StatusCode, Json<InviteAnswer>), Problem> {
    let (by, origin) = by(&caller, &request)?;
    let email: Email = body.email.parse().map_err(|error| wrong("/email", error))?;
    let place = access.outbox.reserve()?;
    let invite = InviteId::from_ulid(access.ids.ulid());
    let command = WorkspaceCommand::Invite { invite, email: email.clone(), role: body.role.into() };
    let ground = access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    let workspace = ground.workspace.as_ref().ok_or(Refusal::NoWorkspace)?;
    let pending = workspace.invites.iter().find(|(_, pending)| pending.email == email.as_str());
    let (id, pending) = pending.ok_or(Refusal::NoInvite)?;
    access.mail_link(place, workspace, *id, pending)?;
    Ok((StatusCode::CREATED, Json(InviteAnswer::of(*id, pending))))
}

impl Access {
    /// Mails the link of an invitation, which is made here and kept nowhere.
    pub(super) fn mail_link(&self, place: Place, workspace: &Workspace, id: InviteId, invite: &Pending) -> Result<(), Problem> {
        let to: Email = invite.email.parse().map_err(|_| Problem::internal("an invitation has no usable address"))?;
        let link = self.key.link(Link { workspace: workspace.id, invite: id, expires_at: invite.expires_at });
        let mail: Mail = letters::invitation(to, &workspace.name, &link, self.console_url.as_deref());
        place.send(mail);
        Ok(())
    }
}
