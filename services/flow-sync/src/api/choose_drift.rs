//! `POST /v1/projects/{project}/flows/{flow}/drift`: which of two is right, what is here or what Meta has.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{DriftChoice, FlowId, ProjectId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::FlowAnswer;
use super::origin;
use crate::decide::{Choice, choose};
use crate::document::Document;
use crate::flow::Id;
use crate::{FlowSync, keep};

/// A choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseDrift {
    choice: Chosen,
    /// `drift.meta_sha256` of what the caller saw; another one there by now is refused.
    meta_sha256: Option<String>,
    /// To keep ours of a published Flow: it goes back to DRAFT at Meta, where users cannot open it until it is published again.
    #[serde(default)]
    new_version: bool,
}

/// Which of two is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Chosen {
    /// What is here: it is uploaded again, over what Meta has; name, categories and endpoint are given back.
    KeepOurs,
    /// What Meta has: it becomes a revision here, its categories and its endpoint count. A name that it was given at Meta stays there, and the
    /// Flow's name here stays as well.
    TakeTheirs,
}

/// Chooses between a Flow here and what it was made at Meta
///
/// Until somebody chooses, nothing is overwritten on either side, and the Flow is not published from here.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/{flow}/drift",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    request_body = ChooseDrift,
    responses(
        (status = 200, description = "It is so; `notice` says why Meta does not have it, or that the Flow must be published again", body = FlowAnswer, headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`no_drift`; `endpoint_stays`: Meta has an endpoint, and the Flow none; `flow_published`: say `new_version`; `flow_restricted`; `flow_deprecated`; `flow_deleted`; `project_suspended`; `project_ends`"),
        (status = 412, description = "`drift_mismatch`: Meta has something else by now"),
        (status = 422, description = "`invalid_body`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn choose_drift(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
    Json(body): Json<ChooseDrift>,
) -> Result<impl IntoResponse, Problem> {
    let known = flow_sync.open_project(project).await?;
    let (id, before) = flow_sync.made(project, flow).await?;
    let choice = match body.choice {
        Chosen::KeepOurs => DriftChoice::KeepOurs,
        Chosen::TakeTheirs => DriftChoice::TakeTheirs,
    };
    let seen = before.drift.as_ref().filter(|drift| drift.content).map(|drift| drift.meta_sha256.clone());
    let theirs = match (&seen, choice) {
        (Some(sha256), DriftChoice::TakeTheirs) => Some(flow_sync.kept(id, sha256).await?),
        (Some(_) | None, DriftChoice::KeepOurs) | (None, DriftChoice::TakeTheirs) => None,
    };
    let seen = body.meta_sha256.as_deref().or(seen.as_deref());
    let wish = Choice { choice, seen, new_version: body.new_version, theirs: theirs.as_ref() };
    let origin = origin(&caller, &request);
    let chosen = async {
        flow_sync.carry_out(id, origin, |flow| choose(flow, &wish)).await?;
        flow_sync.push_and_answer(&known, id, &before, origin).await
    };
    flow_sync.unabandoned(project, chosen).await
}

impl FlowSync {
    /// What Meta had when drift was found.
    async fn kept(&self, id: Id, sha256: &str) -> Result<Document, Problem> {
        let bytes = keep::load(&self.storage, id.project, sha256).await?;
        let read = self.aside.run(move || Document::parse(bytes)).await?;
        read.map_err(|error| Problem::unprocessable("invalid_flow_json", format!("what Meta has cannot be a revision: {error}")))
    }
}
