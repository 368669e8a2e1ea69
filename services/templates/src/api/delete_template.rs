//! `DELETE /v1/projects/{project}/templates/{template}`: a template goes, at Meta and here, in its language alone.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId, version_wanted};
use contract::{ProjectId, TemplateId};

use super::answer::TemplateAnswer;
use super::{Brought, origin};
use crate::Templates;
use crate::decide::change::{Granted, delete};
use crate::push::Turn;
use crate::template::Template;

/// Deletes a template
///
/// In its language alone; other languages of the name stay. Meta blocks the name of an approved template for 30 days after: the answer says
/// until when. A disabled template cannot be deleted. What was sent with it and is not delivered yet still is.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}/templates/{template}",
    tag = "templates",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("template" = String, Path, description = "The template's id", example = "tpl_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be deleted, as its ETag; absent: whichever it is"),
    ),
    responses(
        (status = 200, description = "It is gone", body = TemplateAnswer),
        (status = 202, description = "Meta has not answered: it goes on by itself", body = TemplateAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`template_disabled`; `template_busy`; `number_not_connected`, `template_of_other_account`, `template_of_other_workspace`; `project_suspended`; `project_ends`"),
        (status = 412, description = "`version_mismatch`"),
        (status = 422, description = "`meta_refused`, `access_lost`: in Meta's words"),
        (status = 503, description = "`meta_not_configured`"),
    ),
    security(("api_key" = ["templates:write"])),
)]
pub(crate) async fn delete_template(
    State(templates): State<Templates>,
    caller: Caller,
    request: RequestId,
    Path((project, template)): Path<(ProjectId, TemplateId)>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let version = version_wanted(&headers, "this template")?;
    let known = templates.writable(project).await?;
    let (id, template) = templates.present(project, template).await?;
    // What Meta never had goes without Meta.
    let line = if template.meta_id.is_some() { Some(templates.line_of(&known, &template).await?) } else { None };
    let origin = origin(&caller, &request);
    let mut turn = Turn::First;
    let decide = |template: Option<&Template>| match delete(template, version)? {
        Granted::New(events) => {
            turn = Turn::First;
            Ok(events)
        }
        Granted::Same => {
            turn = Turn::Again;
            Ok(Vec::new())
        }
    };
    let lock = templates.lock(id).await;
    let template = templates.carry_out(id, &origin, decide).await?.ok_or(crate::Refusal::NotFound)?;
    let (status, template) = match line {
        Some(line) if template.pending.is_some() => match templates.ask_meta(id, line, turn, origin, lock).await? {
            Brought::Done(template) => (StatusCode::OK, template),
            Brought::Waits(template) => (StatusCode::ACCEPTED, template),
        },
        Some(_) | None => (StatusCode::OK, template),
    };
    Ok((status, Json(TemplateAnswer::of(&template))))
}
