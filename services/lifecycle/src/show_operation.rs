//! `GET /v1/operations/{id}`: how far a piece of work has come. The only kind so far is the making of a project.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::{OperationId, ProjectId};

use crate::answer::OperationAnswer;
use crate::{Lifecycle, store};

/// Shows an operation
#[utoipa::path(
    get,
    path = "/v1/operations/{id}",
    tag = "operations",
    security(("api_key" = ["projects:read"])),
    params(("id" = String, Path, description = "The operation's id", example = "op_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The operation", body = OperationAnswer),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show_operation(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<OperationId>,
) -> Result<Json<OperationAnswer>, Problem> {
    // See `Project::operation`: both bear the same ULID.
    let found = store::find_project(&lifecycle.pool, ProjectId::from_ulid(id.ulid())).await?;
    let (project, provisioning) = found.ok_or_else(|| Problem::not_found("there is no such operation"))?;
    Ok(Json(OperationAnswer::of(&project, &provisioning)))
}
