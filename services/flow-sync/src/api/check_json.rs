//! `POST …/flows/check` and `POST …/flows/{flow}/check`: what our validator says, of any Flow JSON. Nothing is kept, Meta is not asked.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::{FlowId, ProjectId};
use flow_json::Report;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::body::Given;
use crate::aside::Aside;
use crate::decide::Refusal;
use crate::error::Error;
use crate::{FlowSync, keep};

/// A Flow JSON to be judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckJson {
    /// An object or a text; at most 10 MB. Lines and columns are those of the text.
    flow_json: Given,
}

/// The same, or what the Flow has.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckFlow {
    /// Absent: the current revision.
    flow_json: Option<Given>,
}

/// A judgement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckAnswer {
    /// No error was found.
    valid: bool,
    /// The version that the document names; null: none that exists.
    #[schema(example = "6.0")]
    version: Option<String>,
    /// Every rule of this version is known here. Else Meta may find more, or less.
    judged: bool,
    /// What Meta would refuse, in the shape of Meta's `validation_errors`.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Value>,
    /// What is worth knowing and refuses nothing.
    #[schema(value_type = Vec<Object>)]
    notes: Vec<Value>,
}

/// Judges a Flow JSON
///
/// Nothing is kept and Meta is not asked.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/check",
    tag = "flows",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = CheckJson,
    responses(
        (status = 200, description = "The judgement", body = CheckAnswer),
        (status = 404, description = "`not_found`"),
        (status = 413, description = "`body_too_large`"),
        (status = 422, description = "`invalid_body`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn check_json(
    State(flow_sync): State<FlowSync>,
    Path(project): Path<ProjectId>,
    Json(body): Json<CheckJson>,
) -> Result<Json<CheckAnswer>, Problem> {
    if flow_sync.projects.fresh(project).await.map_err(Error::from)?.is_none() {
        return Err(Problem::not_found("there is no such project"));
    }
    judge(&flow_sync.aside, body.flow_json.bytes()?).await
}

/// Judges a Flow's JSON, or one that is meant to be
///
/// Nothing is kept and Meta is not asked.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/{flow}/check",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    request_body = CheckFlow,
    responses(
        (status = 200, description = "The judgement", body = CheckAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_has_no_json`"),
        (status = 413, description = "`body_too_large`"),
        (status = 422, description = "`invalid_body`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn check_flow(
    State(flow_sync): State<FlowSync>,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
    Json(body): Json<CheckFlow>,
) -> Result<Json<CheckAnswer>, Problem> {
    let (_, flow) = flow_sync.made(project, flow).await?;
    match body.flow_json {
        Some(given) => judge(&flow_sync.aside, given.bytes()?).await,
        None => {
            let current = flow.current().ok_or(Refusal::NoJson)?;
            judge(&flow_sync.aside, keep::load(&flow_sync.storage, project, &current.sha256).await?).await
        }
    }
}

async fn judge(aside: &Aside, bytes: bytes::Bytes) -> Result<Json<CheckAnswer>, Problem> {
    let report = aside.run(move || flow_json::check(&bytes)).await?;
    let valid = report.is_valid();
    let Report { version, errors, notes } = report;
    let judged = version == Some(flow_json::JUDGED);
    let findings = errors.iter().filter_map(|finding| serde_json::to_value(finding).ok()).collect();
    let notes = notes.iter().filter_map(|note| serde_json::to_value(note).ok()).collect();
    Ok(Json(CheckAnswer { valid, version: version.map(|version| version.to_string()), judged, findings, notes }))
}
