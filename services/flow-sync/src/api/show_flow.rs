//! `GET /v1/projects/{project}/flows/{flow}` and `…/revisions/{revision}`: a Flow, and one of its revisions.

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Json, Path, Problem};
use contract::{Event, FlowEvent, FlowId, ProjectId};

use super::answer::{FlowAnswer, RevisionAnswer};
use super::tag;
use crate::error::Error;
use crate::flow::{Flow, Id, Revision};
use crate::same::{Difference, differences};
use crate::{FlowSync, keep};

/// Shows a Flow
///
/// With its last revisions, what our validator and Meta say of each, how it stands at Meta, and what differs there.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows/{flow}",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    responses(
        (status = 200, description = "The Flow; one that was deleted is shown as well", body = FlowAnswer, headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn show_flow(
    State(flow_sync): State<FlowSync>,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
) -> Result<impl IntoResponse, Problem> {
    let (id, flow) = flow_sync.made(project, flow).await?;
    let differences = flow_sync.drifted(id, &flow).await?;
    Ok((tag(&flow), Json(FlowAnswer::of(id.flow, flow, differences, None))))
}

/// Shows a revision of a Flow
///
/// Any that it ever had under this name, also one that is no longer among the last 50.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows/{flow}/revisions/{revision}",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
        ("revision" = u32, Path, description = "Which"),
    ),
    responses(
        (status = 200, description = "The revision", body = RevisionAnswer),
        (status = 404, description = "`not_found`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn show_revision(
    State(flow_sync): State<FlowSync>,
    Path((project, flow, revision)): Path<(ProjectId, FlowId, u32)>,
) -> Result<Json<RevisionAnswer>, Problem> {
    let (id, flow) = flow_sync.made(project, flow).await?;
    Ok(Json(RevisionAnswer::of(flow_sync.revision(id, &flow, revision).await?)))
}

impl FlowSync {
    /// A revision, from the log if the document does not hold it any more.
    pub(crate) async fn revision(&self, id: Id, flow: &Flow, number: u32) -> Result<Revision, Problem> {
        if let Some(revision) = flow.revision(number) {
            return Ok(revision.clone());
        }
        let missing = || Problem::not_found("the Flow never had this revision");
        if number == 0 || flow.current().is_none_or(|current| number > current.revision) {
            return Err(missing());
        }
        let mut before = Flow::default();
        let mut found = None;
        for recorded in self.journal.entity(&id.subject()).await.map_err(Error::from)? {
            before.apply(&recorded, FlowEvent::read(&recorded).map_err(Error::from)?);
            // What Meta said of it comes later; the last of it counts, as long as it is among the last ones.
            found = before.revision(number).cloned().or(found);
        }
        found.ok_or_else(missing)
    }

    /// Between what counts here and what Meta has.
    pub(crate) async fn drifted(&self, id: Id, flow: &Flow) -> Result<(Vec<Difference>, bool), Error> {
        let (Some(drift), Some(current)) = (flow.drift.as_ref().filter(|drift| drift.content), flow.current()) else {
            return Ok((Vec::new(), false));
        };
        let ours = keep::load(&self.storage, id.project, &current.sha256).await?;
        let theirs = keep::load(&self.storage, id.project, &drift.meta_sha256).await?;
        Ok(differences(&self.aside.json(ours).await?, &self.aside.json(theirs).await?))
    }
}
