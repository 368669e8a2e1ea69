//! `PATCH /v1/projects/{project}/templates/{template}`: a change is asked of Meta.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId, version_wanted};
use contract::{ProjectId, TemplateId};
use serde_json::{Map, Value, json};
use whatsapp::{TemplateDraft, TemplateEdit};

use super::answer::TemplateAnswer;
use super::body::{EditBody, invalid};
use super::{Brought, origin, tag};
use crate::Templates;
use crate::decide::change::{Granted, edit};
use crate::push::Turn;
use crate::template::Template;

/// Changes a template
///
/// Components are replaced all together. Meta's rules come first: only a template that is `APPROVED`, `REJECTED` or `PAUSED` can be changed; an
/// approved one stays in its category, and is changed once in 24 hours and 10 times in 30 days. Then it goes back to review.
#[utoipa::path(
    patch,
    path = "/v1/projects/{project}/templates/{template}",
    tag = "templates",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("template" = String, Path, description = "The template's id", example = "tpl_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be changed, as its ETag; absent: whichever it is"),
    ),
    request_body = EditBody,
    responses(
        (status = 200, description = "Meta took the change", body = TemplateAnswer, headers(("ETag" = String, description = "The version"))),
        (status = 202, description = "Meta has not answered: it goes on by itself", body = TemplateAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`template_not_editable`; `edit_too_soon`, `too_many_edits`, with `allowed_at`; `template_busy`; `template_not_at_meta`; `number_not_connected`, `template_of_other_account`, `template_of_other_workspace`; `project_suspended`; `project_ends`"),
        (status = 412, description = "`version_mismatch`"),
        (status = 422, description = "`invalid_template`, with a pointer to everything that is wrong; `meta_refused`, `access_lost`: in Meta's words"),
        (status = 503, description = "`meta_not_configured`"),
    ),
    security(("api_key" = ["templates:write"])),
)]
pub(crate) async fn edit_template(
    State(templates): State<Templates>,
    caller: Caller,
    request: RequestId,
    Path((project, template)): Path<(ProjectId, TemplateId)>,
    headers: HeaderMap,
    Json(EditBody(body)): Json<EditBody>,
) -> Result<impl IntoResponse, Problem> {
    let version = version_wanted(&headers, "this template")?;
    let known = templates.writable(project).await?;
    let (id, template) = templates.present(project, template).await?;
    let given = check(&body, &template)?;
    let line = templates.line_of(&known, &template).await?;
    let (origin, now) = (origin(&caller, &request), templates.clock.now());
    let mut turn = Turn::First;
    let decide = |template: Option<&Template>| match edit(template, &given, version, now)? {
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
    templates.carry_out(id, &origin, decide).await?;
    let (status, template) = match templates.ask_meta(id, line, turn, origin, lock).await? {
        Brought::Done(template) => (StatusCode::OK, template),
        Brought::Waits(template) => (StatusCode::ACCEPTED, template),
    };
    Ok((status, tag(&template), Json(TemplateAnswer::of(&template))))
}

/// What is to change, held against Meta's limits as a part of the whole template: the category decides about components and time to live.
fn check(body: &Value, template: &Template) -> Result<Value, Problem> {
    let edit = TemplateEdit::parse(body).map_err(invalid)?;
    let definition: Value = serde_json::from_str(template.definition.get()).unwrap_or_default();
    let category = edit.category().map_or(template.category.as_str(), |category| category.as_str());
    let known = whatsapp::template::Category::parse(category).is_some();
    if known && edit.components().is_some() {
        let mut whole = Map::from_iter([
            ("name".to_owned(), json!(template.name)),
            ("language".to_owned(), json!(template.language)),
            ("category".to_owned(), json!(category)),
        ]);
        if let Some(format) = definition.get("parameter_format") {
            whole.insert("parameter_format".to_owned(), format.clone());
        }
        whole.extend(edit.json().as_object().cloned().unwrap_or_default());
        TemplateDraft::parse(&Value::Object(whole)).map_err(invalid)?;
    } else if known && edit.message_send_ttl_seconds().is_some() {
        let mut part = edit.json().clone();
        part["category"] = json!(category);
        TemplateEdit::parse(&part).map_err(invalid)?;
    }
    Ok(edit.json().clone())
}
