//! `DELETE /v1/projects/{project}/number`: the project answers to no number; another project may take it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chassis::{Caller, Path, Problem, RequestId, version_wanted};
use contract::{OperationId, OperationKind, ProjectId};

use crate::Lifecycle;
use crate::decide::Command;
use crate::operation::accepted::accepted;
use crate::operation::answer::OperationAnswer;
use crate::origin::Origin;

/// Disconnects the number
///
/// What the project has recorded stays. A number that Meta's signup brought is given back at Meta first, by an operation; until that is done
/// it stays the project's. Where Meta refuses for good, the project lets go of it all the same, and the operation fails with what is left at
/// Meta: it can be tried again, later or by another call of this. Without a number it changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}/number",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("If-Match" = Option<String>, Header, description = "Only if the project has this version"),
    ),
    responses(
        (status = 202, description = "The number is being given back at Meta", body = OperationAnswer, headers(("Location" = String, description = "The operation"))),
        (status = 204, description = "The project has no number, here or left at Meta"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`operation_running`: `Location` names it; `project_deleting`"),
        (status = 412, description = "`version_mismatch`"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
    )
)]
pub(crate) async fn disconnect_number(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let command = Command::DisconnectNumber { operation: OperationId::from_ulid(lifecycle.ids.ulid()) };
    let project = lifecycle.command(id, &command, version_wanted(&headers, "this project")?, &Origin::request(&request, &caller)).await?;
    let giving_back = project.operation.running() && project.operation.kind == OperationKind::DisconnectNumber;
    if giving_back { Ok(accepted(&lifecycle, &project).await.into_response()) } else { Ok(StatusCode::NO_CONTENT.into_response()) }
}
