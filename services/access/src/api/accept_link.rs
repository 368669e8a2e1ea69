//! `POST /sign-in/invites`: joining a workspace with the link of an invitation, for whoever is new: the link proves the address, so a person
//! is registered and signed in. Whoever is registered signs in by code and accepts the invitation from their list: a link is no way into an
//! account.

use auth::credential::Issued;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Problem, RequestId};
use contract::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{SessionAnswer, WorkspaceAnswer};
use super::start_session::started;
use super::wrong;
use crate::actor::Actor;
use crate::command::Origin;
use crate::decide::{Command, NewSession};
use crate::name::Name;
use crate::{Access, Refusal};

/// The token in the link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptLink {
    /// From the mail.
    #[schema(example = "paige_invite_…")]
    token: String,
    /// What to call somebody who is new.
    #[schema(example = "Ada Lovelace", max_length = 100)]
    name: Option<String>,
}

/// Somebody has joined.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Joined {
    session: SessionAnswer,
    workspace: WorkspaceAnswer,
}

/// Accepts an invitation by its link
///
/// For an address that nobody is registered with. Others sign in and accept it from their list, `POST /v1/me/invites/{invite}/accept`.
#[utoipa::path(
    post,
    path = "/sign-in/invites",
    tag = "sign-in",
    request_body = AcceptLink,
    responses(
        (status = 201, description = "Joined and signed in", body = Joined),
        (status = 404, description = "`not_found`: not a link of this installation, or its workspace is gone"),
        (status = 409, description = "`invite_ended`; `sign_in_first`: the address is somebody's who is registered; `invite_link_expired`: sign in with the invited address and accept it from your list; `limit_reached`"),
    )
)]
pub(crate) async fn accept_link(
    State(access): State<Access>,
    request: RequestId,
    Json(body): Json<AcceptLink>,
) -> Result<(StatusCode, Json<Joined>), Problem> {
    let name: Option<Name> = body.name.map(|name| name.parse()).transpose().map_err(|error| wrong("/name", error))?;
    let link = access.key.open_link(&body.token).ok_or(Refusal::NoInvite)?;
    // Whose address it is, so that their session can bear their id; that the invitation is still there is decided on what is so then.
    let (workspace, _) = access.workspace(link.workspace).await?;
    let invite = workspace.as_ref().and_then(|workspace| workspace.invites.get(&link.invite)).ok_or(Refusal::InviteEnded)?;
    let user = UserId::of_email(&invite.email);
    let id = SessionId::from_ulid(access.ids.ulid());
    let issued = Issued::session(user, id);
    let command = Command::AcceptLink {
        workspace: link.workspace,
        invite: link.invite,
        user,
        expires_at: link.expires_at,
        name,
        session: NewSession { id, hash: issued.hash.clone() },
    };
    let origin = Origin { request: request.as_str(), actor: Some(Actor::Person(user)) };
    let ground = access.command(&command, origin).await?;
    let workspace = ground.workspace.as_ref().ok_or(Refusal::NoWorkspace)?;
    let joined = Joined { session: started(&ground, id, &issued)?, workspace: WorkspaceAnswer::of(workspace, Some(user)) };
    Ok((StatusCode::CREATED, Json(joined)))
}
