//! `POST /v1/projects/{project}/reset`: the bot's code becomes what every bot begins with. Nothing else changes.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Path, Problem, RequestId};
use contract::{OperationId, ProjectId};

use super::accepted::accepted;
use super::answer::OperationAnswer;
use crate::Lifecycle;
use crate::decide::Command;
use crate::origin::Origin;

/// Resets a project's code
///
/// Conversations, database, number, Flows and billing stay as they are.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/reset",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 202, description = "The code is being reset", body = OperationAnswer, headers(("Location" = String, description = "The operation"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`operation_running`: `Location` names it; `number_being_given_back`: `Location` names a signup that failed, and what it took at Meta is given back first, which is tried until `until`; `project_failed`, `project_deleting`"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
    )
)]
pub(crate) async fn reset_project(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let command = Command::Reset { operation: OperationId::from_ulid(lifecycle.ids.ulid()) };
    let project = lifecycle.command(id, &command, None, &Origin::request(&request, &caller)).await?;
    Ok(accepted(&lifecycle, &project).await)
}
