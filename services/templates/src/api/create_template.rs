//! `POST /v1/projects/{project}/templates`: a template is asked of Meta.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use chassis::{Caller, Json, Path, Problem, Query, RequestId};
use chrono::{DateTime, Utc};
use contract::{ProjectId, TemplateId, TemplateRequested};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use whatsapp::TemplateDraft;

use super::answer::TemplateAnswer;
use super::body::{TemplateBody, invalid};
use super::{Brought, origin, tag};
use crate::Templates;
use crate::decide::change::{Granted, create};
use crate::decide::compare::raw;
use crate::push::Turn;
use crate::template::{Id, Template};

/// How it is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct How {
    /// Whether it is only looked at: nothing is kept, and Meta is not asked.
    #[serde(default)]
    dry_run: bool,
}

/// A template that Meta would take into review, as far as its own text tells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftAnswer {
    /// As it would be asked of Meta.
    #[schema(value_type = Object)]
    definition: Value,
}

/// Makes a template
///
/// Every limit of Meta's is checked first. Then Meta is asked, and mostly begins a review, which takes minutes up to a day. The same template
/// asked for again is the same template: whoever lost an answer may ask again.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/templates",
    tag = "templates",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), How),
    request_body = TemplateBody,
    responses(
        (status = 200, description = "It was made by the same request before; with `dry_run`: Meta would take it into review", body = TemplateAnswer, headers(("ETag" = String, description = "The version"))),
        (status = 201, description = "Meta has it", body = TemplateAnswer, headers(("ETag" = String, description = "The version"), ("Location" = String, description = "Where it is"))),
        (status = 202, description = "Meta has not answered: it goes on by itself", body = TemplateAnswer, headers(("Location" = String, description = "Where it is"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`template_exists`, `template_of_other_workspace`; `template_name_blocked`: an approved one of this name was deleted less than 30 days ago; `too_many_creations`: 100 in an hour; `number_not_connected`; `project_suspended`; `project_ends`"),
        (status = 413, description = "`body_too_large`"),
        (status = 422, description = "`invalid_template`, with a pointer to everything that is wrong; `meta_refused`, `access_lost`: in Meta's words"),
        (status = 503, description = "`meta_not_configured`"),
    ),
    security(("api_key" = ["templates:write"])),
)]
pub(crate) async fn create_template(
    State(templates): State<Templates>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Query(how): Query<How>,
    Json(TemplateBody(body)): Json<TemplateBody>,
) -> Result<Response, Problem> {
    let known = if how.dry_run { templates.readable(project).await? } else { templates.writable(project).await? };
    let draft = TemplateDraft::parse(&body).map_err(invalid)?;
    if how.dry_run {
        return Ok(Json(DraftAnswer { definition: draft.json().clone() }).into_response());
    }
    let line = templates.line(&known).await?;
    let waba = line.waba.as_str().to_owned();
    let id = Id { project, template: TemplateId::of_name(project, &waba, draft.name(), draft.language()) };
    let wish = TemplateRequested {
        waba_id: waba.clone(),
        name: draft.name().to_owned(),
        language: draft.language().to_owned(),
        category: draft.category().as_str().to_owned(),
        definition: raw(draft.json()),
    };
    let others = templates.asked_for_in(&waba);
    let now = templates.clock.now();
    let mut turn = Turn::First;
    let origin = origin(&caller, &request);
    let decide = |template: Option<&Template>| match create(template, &wish, &others, now)? {
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
    let made = if turn == Turn::First { StatusCode::CREATED } else { StatusCode::OK };
    let (status, template) = match templates.ask_meta(id, line, turn, origin, lock).await? {
        Brought::Done(template) => (made, template),
        Brought::Waits(template) => (StatusCode::ACCEPTED, template),
    };
    let location = [(LOCATION, format!("/v1/projects/{project}/templates/{}", id.template))];
    Ok((status, tag(&template), location, Json(TemplateAnswer::of(&template))).into_response())
}

impl Templates {
    /// When each template of an account was asked for, in whichever project.
    fn asked_for_in(&self, waba: &str) -> Vec<DateTime<Utc>> {
        let projects = self.projects.by_waba(waba).into_iter();
        let templates = projects.flat_map(|project| self.of_account(project, waba));
        // Whoever finds one did not make it.
        templates.filter(|template| template.asked.is_some()).map(|template| template.created.at).collect()
    }
}
