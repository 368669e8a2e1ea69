//! `DELETE /v1/projects/{project}/flows/{flow}`: a draft is gone, at Meta and here.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, RequestId};
use contract::{FlowId, ProjectId, flow_name_at_meta};
use projects::{Line, Project};
use whatsapp::graph::Error as GraphError;

use super::origin;
use crate::FlowSync;
use crate::command::Origin;
use crate::decide::{delete_here, may_delete};
use crate::error::Error;
use crate::flow::Id;

/// Deletes a Flow
///
/// Drafts only: what is published is deprecated instead. A draft goes with what was published of it before, which nobody can open then any
/// more. What somebody changed at Meta is not deleted with it unseen: choose first. Its revisions can still be read by its id until the
/// project goes or the name is given again. What is deleted stays so.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}/flows/{flow}",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_not_draft`: deprecate it instead, one that is deprecated stays; `flow_drifted`: it was changed at Meta, choose what counts first; `number_not_connected`: Meta knows it and cannot be asked; `project_suspended`; `project_ends`"),
        (status = 422, description = "`delete_refused`, `access_lost`, `meta_refused`: in Meta's words"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn delete_flow(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
) -> Result<StatusCode, Problem> {
    let known = flow_sync.open_project(project).await?;
    let (id, _) = flow_sync.made(project, flow).await?;
    flow_sync.unabandoned(project, flow_sync.delete(id, &known, origin(&caller, &request))).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl FlowSync {
    async fn delete(&self, id: Id, project: &Project, origin: Origin<'_>) -> Result<(), Error> {
        let _lock = self.locks.of(id).await;
        let flow = self.flow(id).await?;
        if !may_delete(&flow)? {
            return Ok(());
        }
        let mut flow_id = flow.link.as_ref().map(|link| link.flow_id.clone());
        let line = match self.line(project).await {
            Ok(line) => Some(line),
            // Meta never heard of it, or it cannot be there.
            Err(Error::NoLine(_)) if flow_id.is_none() => None,
            Err(error) => return Err(error),
        };
        if let Some(line) = line {
            if let Some(link) = &flow.link {
                self.deletable_at_meta(id, &flow, link, &line, origin).await?;
            }
            if flow_id.is_none() {
                // A call that made it there may have had no answer.
                let name = flow_name_at_meta(&flow.name, id.flow);
                let listed = line.graph.flows(&line.token, &line.waba).await;
                let listed = self.noted(id, "read", None, listed, origin).await?;
                flow_id = listed.into_iter().find(|facts| facts.name.as_deref() == Some(&name)).map(|facts| facts.id);
            }
            if let Some(flow_id) = flow_id
                && let Err(error) = line.graph.delete_flow(&line.token, &flow_id).await
                && !is_gone(&line, &flow_id, &error).await
            {
                self.noted::<()>(id, "delete", None, Err(error), origin).await?;
            }
        }
        self.carry_out(id, origin, |flow| Ok(delete_here(flow)?.into_iter().collect())).await?;
        Ok(())
    }
}

/// Whether Meta has the Flow no more: it did not say that it deleted it, or had it no more before.
async fn is_gone(line: &Line, flow_id: &str, error: &GraphError) -> bool {
    let missing = |error: GraphError| error.is_no_such_object();
    error.is_no_such_object() || (error.ambiguous() && line.graph.flow(&line.token, flow_id).await.is_err_and(missing))
}
