//! The templates at Meta, and what its reviewer and its people make of them.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::graph::{Template, TemplateDecision, decide_template};
use crate::{Refused, Simulator};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Templates {
    /// From the oldest.
    data: Vec<Template>,
}

/// All templates of all accounts.
#[utoipa::path(get, path = "/sim/api/templates", tag = "simulator", responses((status = 200, body = Templates)))]
pub(crate) async fn list(State(simulator): State<Simulator>) -> Json<Templates> {
    Json(Templates { data: simulator.world().meta.templates.of(None).cloned().collect() })
}

/// Approves, rejects, pauses, resumes, disables, archives or re-categorises a template, or tells its quality. The webhook follows if the
/// account is subscribed.
#[utoipa::path(post, path = "/sim/api/templates/{template_id}/decision", tag = "simulator", params(("template_id" = String, Path)), request_body = TemplateDecision, responses((status = 204)))]
pub(crate) async fn decide(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Json(decision): Json<TemplateDecision>,
) -> Result<StatusCode, Refused> {
    simulator.change(|world, now| decide_template(world, &id, decision, now))?;
    Ok(StatusCode::NO_CONTENT)
}
