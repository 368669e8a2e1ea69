//! `PUT /v1/workspaces/{workspace}/members/{user}/projects/{project}`: what a plain member may do in one project.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{ProjectId, UserId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{by, wrong};
use crate::decide::{Command, WorkspaceCommand};
use crate::{Access, scope};

/// All that they may do there from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Permit {
    /// Scopes of projects; none: nothing.
    #[schema(example = json!(["projects:read", "conversations:read"]))]
    scopes: Vec<String>,
}

/// Sets what a member may do in a project
///
/// Admins and the owner may do everything there anyway: for them it is kept and means nothing while they are that.
#[utoipa::path(
    put,
    path = "/v1/workspaces/{workspace}/members/{user}/projects/{project}",
    tag = "workspaces",
    security(("api_key" = ["members:write"])),
    params(
        ("workspace" = String, Path, description = "The workspace's id"),
        ("user" = String, Path, description = "The member"),
        ("project" = String, Path, description = "A project of the workspace"),
    ),
    request_body = Permit,
    responses(
        (status = 204, description = "So it is"),
        (status = 404, description = "`not_found`: no such member, or not a project of this workspace"),
        (status = 409, description = "`limit_reached`"),
        (status = 422, description = "`invalid_body`: not a scope of projects"),
    )
)]
pub(crate) async fn permit(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path((workspace, user, project)): Path<(WorkspaceId, UserId, ProjectId)>,
    Json(body): Json<Permit>,
) -> Result<StatusCode, Problem> {
    let (by, origin) = by(&caller, &request)?;
    let scopes = scope::parse(&body.scopes, scope::is_for_members);
    let scopes = scopes.map_err(|index| wrong(&format!("/scopes/{index}"), "not a scope of projects"))?;
    let command = WorkspaceCommand::Permit { user, project, scopes };
    access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
