//! `POST /v1/projects/{project}/transfer`: the owner of a personal account offers a project to a team's workspace.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{ProjectId, TransferId, WorkspaceId, WorkspaceKind};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::TransferAnswer;
use super::receiver::Standing;
use crate::decide::{Command, Refusal};
use crate::origin::Origin;
use crate::{Error, Lifecycle};

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestTransfer {
    /// A team's workspace.
    #[schema(value_type = String, example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    workspace: WorkspaceId,
}

/// Offers a project to another workspace
///
/// Only from a personal account, by its owner. An owner or admin of the other workspace has 7 days to accept. Until then nothing changes.
/// Billing stays with the project: the card that is stored is charged on, until the new owner pays with one that can be charged again.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/transfer",
    tag = "transfers",
    security(("api_key" = ["workspace:own"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = RequestTransfer,
    responses(
        (status = 201, description = "The offer", body = TransferAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`not_personal`: a team owns it; `transfer_pending`: it is offered elsewhere; `project_deleting`"),
        (status = 422, description = "`invalid_body`: no team's workspace, or its owner already"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
    )
)]
pub(crate) async fn request_transfer(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    Json(body): Json<RequestTransfer>,
) -> Result<impl IntoResponse, Problem> {
    let project = lifecycle.ground(id, None).await?.state.project.ok_or(Error::Refused(Refusal::NoProject))?;
    let from = project.workspace;
    // The workspace of the beginning is nobody's: what was made without an owner may get one.
    if lifecycle.workspace(from).await? == Standing::Is(WorkspaceKind::Team) {
        return Err(Problem::conflict("not_personal", "only a project of a personal account can be transferred"));
    }
    if lifecycle.workspace(body.workspace).await? != Standing::Is(WorkspaceKind::Team) {
        let problem = Problem::unprocessable("invalid_body", "the transfer cannot be like this");
        return Err(problem.field("/workspace", "invalid", "there is no such workspace of a team"));
    }
    let transfer = TransferId::from_ulid(lifecycle.ids.ulid());
    let command = Command::RequestTransfer { transfer, from, to: body.workspace };
    let project = lifecycle.command(id, &command, None, &Origin::request(&request, &caller)).await?;
    let answer = TransferAnswer::last(&project).ok_or(Error::Refused(Refusal::NoTransfer))?;
    Ok((StatusCode::CREATED, Json(answer)))
}
