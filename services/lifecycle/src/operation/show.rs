//! `GET /v1/operations/{operation}`: how far a piece of work has come.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem};
use contract::{Event, OperationId, ProjectErased, ProjectEvent, Subject};

use super::answer::OperationAnswer;
use crate::error::Error;
use crate::{Lifecycle, store};

/// Shows an operation
///
/// Of a project that was deleted, the operation that did it stays; of its number, whether Meta refused to take it back, and why.
#[utoipa::path(
    get,
    path = "/v1/operations/{operation}",
    tag = "operations",
    security(("api_key" = ["projects:read"])),
    params(("operation" = String, Path, description = "The operation's id", example = "op_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The operation", body = OperationAnswer),
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn show_operation(
    State(lifecycle): State<Lifecycle>,
    caller: Caller,
    Path(id): Path<OperationId>,
) -> Result<Json<OperationAnswer>, Problem> {
    let hidden = || Problem::not_found("there is no such operation");
    if let Some((project, operation)) = store::find_operation(&lifecycle.pool, id).await? {
        // Whoever may not see the project learns nothing from guessing.
        caller.require_in_project("projects:read", &project.to_string()).await.map_err(|problem| match problem.status {
            403 | 404 => hidden(),
            _ => problem,
        })?;
        let provisioning = store::find_provisioning(&lifecycle.pool, project).await?;
        return Ok(Json(OperationAnswer::of(project, &operation, &provisioning)));
    }
    // Nobody owns what is gone: it is told to whoever knows the id, and tells nothing but that it is done, and whether
    // Meta kept something.
    let erased = store::find_erased(&lifecycle.pool, id).await?.ok_or_else(hidden)?;
    let last = lifecycle.journal.last(&Subject::project(erased.project)).await.map_err(Error::from)?;
    let end = last.as_ref().map(ProjectEvent::read).transpose().map_err(Error::from)?;
    let left = if let Some(ProjectEvent::ProjectErased(ProjectErased { left, .. })) = end { left } else { None };
    Ok(Json(OperationAnswer::of_erased(&erased, left.as_deref())))
}
