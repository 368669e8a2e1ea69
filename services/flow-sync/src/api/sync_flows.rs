//! `POST …/flows/sync` and `POST …/flows/{flow}/sync`: a comparison with Meta now.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{FlowId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{FlowAnswer, FlowSummary};
use super::{HELD, origin, tag};
use crate::decide::Refusal;
use crate::{FlowSync, meta};

/// What came of a comparison.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowSyncAnswer)]
pub(crate) struct SyncAnswer {
    /// Every Flow that was compared, as it is now.
    data: Vec<FlowSummary>,
    /// Ids of Flows of which a change waits, because they were published meanwhile.
    #[schema(value_type = Vec<String>)]
    held: Vec<FlowId>,
    /// Why not all were compared: `meta_unavailable`, `meta_rate_limited`. It goes on by itself. Null: all were.
    stopped: Option<String>,
}

/// Compares a project's Flows with Meta
///
/// Goes on with what was cut off, hears how each stands, and finds what was changed at Meta: that is said, and nothing of it is overwritten.
/// It happens by itself as well, and can be done at any time and any number of times.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/sync",
    tag = "flows",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "How they stand", body = SyncAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_not_connected`; `project_suspended`; `project_ends`"),
        (status = 503, description = "`meta_not_configured`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn sync_flows(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
) -> Result<Json<SyncAnswer>, Problem> {
    flow_sync.open_project(project).await?;
    let report = flow_sync.unabandoned(project, flow_sync.reconcile(project, origin(&caller, &request))).await?;
    let held = report.flows.iter().filter(|one| one.held).map(|one| one.flow).collect();
    let data = report.flows.iter().map(|one| FlowSummary::of(one.flow, &one.state)).collect();
    let stopped = match report.stopped {
        Some(crate::Error::Meta { step, source }) => {
            flow_sync.asked.ask(project);
            Some(meta::problem(step, &source).code.clone())
        }
        Some(error) => return Err(error.into()),
        None => None,
    };
    Ok(Json(SyncAnswer { data, held, stopped }))
}

/// Compares a Flow with Meta
///
/// The same for one Flow, with an answer that says what Meta refuses.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/{flow}/sync",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    responses(
        (status = 200, description = "How it stands", body = FlowAnswer, headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_deleted`; `number_not_connected`; `project_suspended`; `project_ends`"),
        (status = 422, description = "`meta_refused`, `flow_immutable`, `access_lost`: in Meta's words"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn sync_flow(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
) -> Result<impl IntoResponse, Problem> {
    let known = flow_sync.open_project(project).await?;
    let (id, flow) = flow_sync.made(project, flow).await?;
    if !flow.exists() {
        return Err(Refusal::Deleted.into());
    }
    let line = flow_sync.line(&known).await?;
    let pushed = {
        let _lock = flow_sync.locks.of(id).await;
        flow_sync.unabandoned(project, flow_sync.push(id, &line, None, origin(&caller, &request))).await?
    };
    let differences = flow_sync.drifted(id, &pushed.flow).await?;
    let notice = pushed.held.then(|| HELD.to_owned());
    Ok((tag(&pushed.flow), Json(FlowAnswer::of(id.flow, pushed.flow, differences, notice))))
}
