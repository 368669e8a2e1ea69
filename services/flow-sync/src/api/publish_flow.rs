//! `POST /v1/projects/{project}/flows/{flow}/publish`: people can open what counts here.

use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{FlowId, ProjectId, UNKNOWN_REVISION};
use projects::{Line, Project};
use whatsapp::graph::Class;

use super::answer::FlowAnswer;
use super::{origin, tag};
use crate::FlowSync;
use crate::command::Origin;
use crate::decide::{PUBLISHED, Refusal, may_publish, published};
use crate::error::Error;
use crate::flow::{Flow, Id, Link};

/// Publishes a Flow
///
/// The current revision is uploaded first, if Meta does not have it yet. Our own findings refuse it before Meta is asked, where every rule
/// of its version is known. What Meta refuses is kept with the revision. What is published already stays so. If somebody changed the Flow at
/// Meta in the moment of its publication, `published_revision` is 0, until somebody has chosen what counts.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/flows/{flow}/publish",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    responses(
        (status = 200, description = "It is published", body = FlowAnswer, headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_invalid`, with `findings`; `flow_has_no_json`; `flow_drifted`; `flow_published`: a change waits that was not meant to be a new version; `flow_not_uploaded`: Meta did not take the current revision; `flow_restricted`; `flow_deprecated`; `flow_deleted`; `number_not_connected`; `project_suspended`; `project_ends`"),
        (status = 422, description = "`publish_refused`, `blocked_by_integrity`, `access_lost`, `meta_refused`: in Meta's words"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn publish_flow(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
) -> Result<impl IntoResponse, Problem> {
    let known = flow_sync.open_project(project).await?;
    let (id, _) = flow_sync.made(project, flow).await?;
    let flow = flow_sync.unabandoned(project, flow_sync.publish(id, &known, origin(&caller, &request))).await?;
    Ok((tag(&flow), Json(FlowAnswer::of(id.flow, flow, (Vec::new(), false), None))))
}

impl FlowSync {
    async fn publish(&self, id: Id, project: &Project, origin: Origin<'_>) -> Result<Flow, Problem> {
        let _lock = self.locks.of(id).await;
        let flow = self.flow(id).await?;
        if !may_publish(&flow).map_err(|refusal| refused(refusal, &flow))? {
            return Ok(flow);
        }
        let line = self.line(project).await?;
        // What Meta has by now is compared first: what is published is what counts here, and nothing else.
        let pushed = self.push(id, &line, None, origin).await?;
        if pushed.held {
            return Err(Refusal::Published.into());
        }
        let flow = pushed.flow;
        if !may_publish(&flow).map_err(|refusal| refused(refusal, &flow))? {
            return Ok(flow);
        }
        let (Some(link), Some(revision)) = (flow.link.clone(), flow.uploaded_revision().filter(|_| flow.is_uploaded())) else {
            return Err(Problem::conflict("flow_not_uploaded", "the current revision is not at Meta: POST …/sync, then try again"));
        };
        if let Err(error) = line.graph.publish_flow(&line.token, &link.flow_id).await
            && !self.is_at(&line, &link, PUBLISHED, &error).await
        {
            let step = "publish";
            return Err(match self.noted::<()>(id, step, Some(revision), Err(error), origin).await {
                Err(error) => error.into(),
                Ok(()) => Problem::internal("an error is none"),
            });
        }
        let there = self.revision_there(id, &flow, &link, revision, &line).await;
        let now = self.clock.now();
        Ok(self.carry_out(id, origin, |flow| Ok(published(flow, there, now))).await?)
    }

    /// Which revision people can open, now that `revision` was compared and then published: somebody may have changed the Flow at Meta between
    /// the two. What cannot be told now is looked at once more.
    async fn revision_there(&self, id: Id, flow: &Flow, link: &Link, revision: u32, line: &Line) -> u32 {
        let looked = async {
            let json = line.graph.flow_json(&line.token, &link.flow_id).await.map_err(|source| Error::Meta { step: "read", source })?;
            self.revision_of(id, flow, &Bytes::from(json)).await
        };
        let there: Result<Option<u32>, Error> = looked.await;
        if !matches!(there, Ok(Some(there)) if there == revision) {
            self.asked.ask(id.project);
        }
        there.map_or(revision, |there| there.unwrap_or(UNKNOWN_REVISION))
    }

    /// Whether Meta did all the same what it did not say, or what it refused because it was done.
    pub(super) async fn is_at(&self, line: &Line, link: &Link, status: &str, error: &whatsapp::graph::Error) -> bool {
        let may_be = error.ambiguous() || error.class() == Class::Final;
        may_be && line.graph.flow(&line.token, &link.flow_id).await.is_ok_and(|facts| facts.status.as_deref() == Some(status))
    }
}

fn refused(refusal: Refusal, flow: &Flow) -> Problem {
    let invalid = refusal == Refusal::Invalid;
    let problem = Problem::from(Error::Refused(refusal));
    match flow.current().filter(|_| invalid) {
        Some(current) => problem.with("findings", current.findings.clone()),
        None => problem,
    }
}
