//! `GET /v1/projects/{project}/code`: the current version and its files, or an earlier one.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Path, Problem, Query};
use contract::ProjectId;

use crate::Bots;
use crate::answer::{CodeAnswer, answer};
use crate::version::Which;

/// Shows a bot's code
///
/// The list of files; each is read by its path.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/code",
    tag = "code",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), Which),
    responses(
        (status = 200, description = "The version and its files", body = CodeAnswer, headers(("ETag" = String, description = "The version"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`code_not_ready`: the project is being made"),
    ),
    security(("api_key" = ["code:read"])),
)]
pub(crate) async fn show_code(
    State(bots): State<Bots>,
    Path(project): Path<ProjectId>,
    Query(which): Query<Which>,
) -> Result<impl IntoResponse, Problem> {
    let (change, manifest) = bots.version(project, which.version.as_deref()).await?;
    Ok(answer(&change, manifest))
}
