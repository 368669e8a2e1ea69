//! `GET /v1/projects/{project}/templates/{template}`: all that is known of a template.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Json, Path, Problem};
use contract::{ProjectId, TemplateId};

use super::answer::TemplateAnswer;
use super::tag;
use crate::Templates;

/// Shows a template
///
/// Its definition, how it stands at Meta and why, its categories, also announced ones, its quality, and what Meta last refused.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/templates/{template}",
    tag = "templates",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), ("template" = String, Path, description = "The template's id", example = "tpl_01M7PY4WHR8E4W4S6JQ2T9ZK3D")),
    responses(
        (status = 200, description = "The template", body = TemplateAnswer, headers(("ETag" = String, description = "The version"))),
        (status = 404, description = "`not_found`"),
    ),
    security(("api_key" = ["templates:read"])),
)]
pub(crate) async fn show_template(
    State(templates): State<Templates>,
    Path((project, template)): Path<(ProjectId, TemplateId)>,
) -> Result<impl IntoResponse, Problem> {
    templates.readable(project).await?;
    let (_, template) = templates.present(project, template).await?;
    Ok((tag(&template), Json(TemplateAnswer::of(&template))))
}
