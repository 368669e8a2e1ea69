//! `POST /v1/projects/{project}/templates/{template}/unpause`: a pause ends.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{HeardFrom, ProjectId, TemplateId};
use whatsapp::graph::Class;

use super::answer::TemplateAnswer;
use super::{origin, tag};
use crate::Templates;
use crate::decide::change::unpause;
use crate::decide::compare::listed;
use crate::decide::outcome::refused;
use crate::error::Error;
use crate::meta;

/// Takes a template out of its pause
///
/// Of a pause that Meta began because too much was sent at once. A pause for low quality ends by itself. Asking again does no harm.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/templates/{template}/unpause",
    tag = "templates",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), ("template" = String, Path, description = "The template's id", example = "tpl_01M7PY4WHR8E4W4S6JQ2T9ZK3D")),
    responses(
        (status = 200, description = "Meta ended the pause", body = TemplateAnswer, headers(("ETag" = String, description = "The version"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`template_not_paused`; `template_busy`; `template_not_at_meta`; `number_not_connected`, `template_of_other_account`, `template_of_other_workspace`; `project_suspended`; `project_ends`"),
        (status = 422, description = "`meta_refused`, `access_lost`: in Meta's words"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`: ask again; `meta_not_configured`"),
    ),
    security(("api_key" = ["templates:write"])),
)]
pub(crate) async fn unpause_template(
    State(templates): State<Templates>,
    caller: Caller,
    request: RequestId,
    Path((project, template)): Path<(ProjectId, TemplateId)>,
) -> Result<impl IntoResponse, Problem> {
    let known = templates.writable(project).await?;
    let (id, template) = templates.present(project, template).await?;
    let line = templates.line_of(&known, &template).await?;
    let origin = origin(&caller, &request);
    let _lock = templates.locks.of(id).await;
    let template = templates.current(id).await?;
    unpause(template.as_deref())?;
    let meta_id = template.and_then(|template| template.meta_id.clone()).ok_or(crate::Refusal::NotAtMeta)?;
    if let Err(source) = line.graph.unpause_template(&line.token, &meta_id).await {
        if source.class() == Class::Final && !source.ambiguous() {
            let said = meta::refused("unpause", &source);
            let decide = |template: Option<&_>| Ok(template.map(|template| refused(template, &said)).unwrap_or_default());
            templates.carry_out(id, &origin, decide).await?;
        } else {
            templates.asked.ask(project);
        }
        return Err(Error::Meta { step: "unpause", source }.into());
    }
    let now = templates.clock.now();
    // How it stands now: if Meta does not say, the comparison hears it.
    let Ok(Some(facts)) = meta::show(&line, &meta_id).await else {
        templates.asked.ask(project);
        let (_, template) = templates.present(project, id.template).await?;
        return Ok((tag(&template), Json(TemplateAnswer::of(&template))));
    };
    let waba = line.waba.as_str();
    let heard = templates.carry_out(id, &origin, |template| Ok(listed(template, &facts, waba, HeardFrom::Request, now))).await?;
    let template = heard.ok_or(crate::Refusal::NotFound)?;
    Ok((tag(&template), Json(TemplateAnswer::of(&template))))
}
