//! `POST /v1/workspaces`: a workspace for a team. Whoever makes it owns it.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Problem, RequestId};
use contract::WorkspaceId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::WorkspaceAnswer;
use super::{by, wrong};
use crate::actor::Actor;
use crate::decide::{Command, WorkspaceCommand};
use crate::{Access, Refusal, store};

/// Workspaces that one person owns, their personal one apart. Counted in the table, so a race may make it a few more.
const OWNED_MAX: usize = 50;

/// What it is to be called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWorkspace {
    /// 1 to 100 characters, none of them a control character.
    #[schema(example = "Pizza Ltd", min_length = 1, max_length = 100)]
    name: String,
}

/// Creates a workspace
#[utoipa::path(
    post,
    path = "/v1/workspaces",
    tag = "workspaces",
    security(("api_key" = ["self"])),
    request_body = CreateWorkspace,
    responses(
        (status = 201, description = "The workspace", body = WorkspaceAnswer),
        (status = 403, description = "`person_needed`"),
        (status = 409, description = "`limit_reached`"),
        (status = 422, description = "`invalid_body`"),
    )
)]
pub(crate) async fn create_workspace(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Json(body): Json<CreateWorkspace>,
) -> Result<(StatusCode, Json<WorkspaceAnswer>), Problem> {
    let owner = Actor::person(&caller)?;
    let (by, origin) = by(&caller, &request)?;
    let name = body.name.parse().map_err(|error| wrong("/name", error))?;
    let owned = store::workspaces::count_owned(&access.pool, &owner.to_string()).await?;
    if usize::try_from(owned).unwrap_or_default() >= OWNED_MAX {
        return Err(Refusal::LimitReached { what: "workspaces", max: OWNED_MAX }.into());
    }
    let workspace = WorkspaceId::from_ulid(access.ids.ulid());
    let command = Command::Workspace { workspace, by, command: WorkspaceCommand::Create { name, owner } };
    let ground = access.command(&command, origin).await?;
    let workspace = ground.workspace.as_ref().ok_or(Refusal::NoWorkspace)?;
    Ok((StatusCode::CREATED, Json(WorkspaceAnswer::of(workspace, Some(owner)))))
}
