//! `DELETE /v1/projects/{project}`: the project goes, for ever. What that takes is done after the answer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{OperationId, ProjectId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::accepted::accepted;
use super::answer::OperationAnswer;
use crate::Lifecycle;
use crate::decide::Command;
use crate::origin::Origin;

/// That it is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteProject {
    /// The project's name, typed by whoever deletes it.
    #[schema(example = "Pizza Bot")]
    confirm: String,
    /// Whether its events are also overwritten on the broker's disk, one by one. Without, they cannot be read any more either, but their
    /// bytes may stay until the broker compacts its files, and no later request overwrites them. It is slow for everybody who shares the
    /// disk: only with the platform key.
    #[serde(default)]
    overwrite: bool,
}

/// Deletes a project for ever
///
/// Its number is released at once and nothing is recorded any more. Then its database, code, Flows, billing, conversations and keys go. There
/// is no way back, also when a step fails: it can only be tried again. That Meta refuses to take its number back holds nothing up: the step
/// `number` is done all the same, and says in `left` what stays there, and why; afterwards the operation still says why.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}",
    tag = "projects",
    security(("api_key" = ["projects:delete"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = DeleteProject,
    responses(
        (status = 202, description = "The project is going", body = OperationAnswer, headers(("Location" = String, description = "The operation"))),
        (status = 403, description = "`insufficient_scope`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`operation_running`, `project_deleting`: `Location` names the operation"),
        (status = 422, description = "`not_confirmed`: the name is another; `invalid_body`"),
    )
)]
pub(crate) async fn delete_project(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    Json(body): Json<DeleteProject>,
) -> Result<impl IntoResponse, Problem> {
    let DeleteProject { confirm, overwrite } = body;
    if overwrite && !caller.all() {
        return Err(Problem::new(StatusCode::FORBIDDEN, "insufficient_scope").detail("only the platform key may ask for overwriting"));
    }
    let command = Command::Delete { operation: OperationId::from_ulid(lifecycle.ids.ulid()), confirm, overwrite };
    let project = lifecycle.command(id, &command, None, &Origin::request(&request, &caller)).await?;
    Ok(accepted(&lifecycle, &project).await)
}
