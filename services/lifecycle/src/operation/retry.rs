//! `POST /v1/projects/{project}/retry`: what was given up goes on.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Path, Problem, RequestId};
use contract::ProjectId;

use super::accepted::accepted;
use super::answer::OperationAnswer;
use crate::Lifecycle;
use crate::decide::Command;
use crate::origin::Origin;

/// Tries the operation again that failed
///
/// It goes on with the steps that are not done, and has as much time as it had at first. A signup that failed before its number was connected
/// begins with its first step, because what it had taken at Meta was given back. It keeps its id.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/retry",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 202, description = "The operation goes on", body = OperationAnswer, headers(("Location" = String, description = "The operation"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`nothing_failed`; `operation_running`: `Location` names it"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
    )
)]
pub(crate) async fn retry_operation(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let project = lifecycle.command(id, &Command::Retry, None, &Origin::request(&request, &caller)).await?;
    Ok(accepted(&lifecycle, &project).await)
}
