//! `POST /v1/projects/{project}/flows/{flow}/deprecate`: it can be sent no more, for ever. Whoever has it open goes on.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{FlowId, HeardFrom, ProjectId};

use super::answer::FlowAnswer;
use super::{origin, tag};
use crate::FlowSync;
use crate::decide::{DEPRECATED, hear_status, may_deprecate};

/// Deprecates a Flow
///
/// It cannot be sent any more, which nothing takes back. Messages that were sent can still be answered: nobody is interrupted.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/{flow}/deprecate",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    responses(
        (status = 200, description = "It is deprecated", body = FlowAnswer, headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_not_published`; `flow_deleted`; `number_not_connected`; `project_suspended`; `project_ends`"),
        (status = 422, description = "`deprecate_refused`, `access_lost`, `meta_refused`: in Meta's words"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn deprecate_flow(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
) -> Result<impl IntoResponse, Problem> {
    let known = flow_sync.open_project(project).await?;
    let (id, _) = flow_sync.made(project, flow).await?;
    let origin = origin(&caller, &request);
    let deprecated = async {
        let _lock = flow_sync.locks.of(id).await;
        let flow = flow_sync.flow(id).await?;
        if !may_deprecate(&flow)? {
            return Ok(flow);
        }
        let line = flow_sync.line(&known).await?;
        if let Some(link) = &flow.link
            && let Err(error) = line.graph.deprecate_flow(&line.token, &link.flow_id).await
            && !flow_sync.is_at(&line, link, DEPRECATED, &error).await
        {
            flow_sync.noted::<()>(id, "deprecate", None, Err(error), origin).await?;
        }
        let now = flow_sync.clock.now();
        let heard = |flow: &_| Ok(hear_status(flow, DEPRECATED, HeardFrom::Request, None, now));
        Ok::<_, Problem>(flow_sync.carry_out(id, origin, heard).await?)
    };
    let flow = flow_sync.unabandoned(project, deprecated).await?;
    Ok((tag(&flow), Json(FlowAnswer::of(id.flow, flow, (Vec::new(), false), None))))
}
