//! `GET /v1/me/invites`: the workspaces that a person was asked to join.

use axum::extract::State;
use chassis::{Caller, Json, Problem};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::store::workspaces::Invited;
use crate::{Access, store};

/// Most invitations that are shown. Whoever has more decides about some first.
const SHOWN_MAX: i64 = 100;

/// Pending invitations, the youngest first; at most 100.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MyInvites {
    data: Vec<MyInvite>,
}

/// A pending invitation, to its invitee.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MyInvite {
    #[schema(example = "inv_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    workspace: String,
    workspace_name: String,
    role: String,
    invited_at: DateTime<Utc>,
    /// When the link in the mail stops working. Here it can be accepted after that, too.
    link_expires_at: DateTime<Utc>,
}

/// Lists one's own invitations
#[utoipa::path(
    get,
    path = "/v1/me/invites",
    tag = "people",
    security(("api_key" = ["self"])),
    responses((status = 200, description = "Pending invitations", body = MyInvites))
)]
pub(crate) async fn list_my_invites(State(access): State<Access>, caller: Caller) -> Result<Json<MyInvites>, Problem> {
    let user = Actor::person(&caller)?;
    let (person, _) = access.person(user).await?;
    let Some(email) = person.and_then(|person| person.email) else { return Ok(Json(MyInvites { data: Vec::new() })) };
    let invites = store::workspaces::invites_of(&access.pool, &email, SHOWN_MAX).await?;
    Ok(Json(MyInvites { data: invites.into_iter().map(MyInvite::of).collect() }))
}

impl MyInvite {
    fn of(invited: Invited) -> Self {
        let Invited { id, workspace_id, workspace_name, role, invited_at, expires_at } = invited;
        Self { id, workspace: workspace_id, workspace_name, role, invited_at, link_expires_at: expires_at }
    }
}
