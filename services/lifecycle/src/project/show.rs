//! `GET /v1/projects/{project}`: one project, with the operation that runs or ran last.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Json, Path, Problem};
use contract::ProjectId;

use super::answer::ProjectAnswer;
use crate::decide::Refusal;
use crate::{Lifecycle, store};

/// Shows a project
///
/// What was written through this API before is seen here.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}",
    tag = "projects",
    security(("api_key" = ["projects:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The project", body = ProjectAnswer, headers(("ETag" = String, description = "The project's version"))),
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn show_project(State(lifecycle): State<Lifecycle>, Path(id): Path<ProjectId>) -> Result<impl IntoResponse, Problem> {
    let (project, provisioning) = store::find_project(&lifecycle.pool, id).await?.ok_or(crate::Error::Refused(Refusal::NoProject))?;
    let answer = ProjectAnswer::of(&project, &provisioning);
    Ok((answer.etag(), Json(answer)))
}
