//! `PUT /v1/projects/{project}/flows/{flow}/json`: another revision.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, Query, RequestId, version_wanted};
use contract::{FlowId, ProjectId};
use projects::Project;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::answer::FlowAnswer;
use super::body::{Given, message};
use super::origin;
use crate::decide::{PUBLISHED, Revise, revise};
use crate::error::Error;
use crate::flow::Flow;
use crate::{FlowSync, keep};

/// Another Flow JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplaceJson {
    /// An object, kept as it is written, or a text that holds one; at most 10 MB.
    flow_json: Given,
    /// What changed, for people.
    message: Option<String>,
    /// Of a published Flow: it goes back to DRAFT at Meta, where users cannot open it until it is published again. Also as a parameter.
    #[serde(default)]
    new_version: bool,
}

/// How a published Flow is changed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Knowing {
    /// As in the body.
    #[serde(default)]
    pub(crate) new_version: bool,
}

/// Replaces a Flow's JSON
///
/// The new revision counts from now on and is uploaded to Meta. One with errors is kept and uploaded as well; it cannot be published. The
/// same bytes again change nothing, unless they wait because the Flow was published meanwhile. A Flow that is published is changed only with
/// `"new_version": true`: Meta then puts it back to DRAFT under the same id, users cannot open it meanwhile, and it must be published again.
/// Flows that were published before November 2024 cannot be changed at all.
#[utoipa::path(
    put,
    path = "/v1/projects/{project}/flows/{flow}/json",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
        ("If-Match" = Option<String>, Header, description = "The revision that is to be replaced, as its ETag; absent: whichever is current"),
        Knowing,
    ),
    request_body = ReplaceJson,
    responses(
        (status = 200, description = "It counts; `notice` says why Meta does not have it, or that the Flow must be published again", body = FlowAnswer, headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_published`: say `new_version`; `flow_restricted`: Meta throttles or blocks it; `flow_deprecated`; `flow_deleted`; `project_suspended`; `project_ends`"),
        (status = 412, description = "`version_mismatch`: another revision is current"),
        (status = 413, description = "`body_too_large`"),
        (status = 422, description = "`invalid_body`; `invalid_flow_json`: it is no JSON object, see `findings`"),
    ),
    security(("api_key" = ["flows:write"])),
)]
pub(crate) async fn replace_json(
    State(flow_sync): State<FlowSync>,
    caller: Caller,
    request: RequestId,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
    Query(knowing): Query<Knowing>,
    headers: HeaderMap,
    Json(body): Json<ReplaceJson>,
) -> Result<impl IntoResponse, Problem> {
    let expected = version_wanted(&headers, "this Flow")?;
    let message = message(body.message.as_deref())?;
    let document = body.flow_json.document(&flow_sync.aside).await?;
    let known = flow_sync.open_project(project).await?;
    let (id, before) = flow_sync.made(project, flow).await?;
    let wish = Revise { document: &document, message, expected, new_version: knowing.new_version || body.new_version };
    // Refused before anything is written, and once more by what is so then.
    let changes_draft = revise(&before, &wish)?.is_some() && before.status() != Some(PUBLISHED);
    let status = if changes_draft { flow_sync.status_at_meta(&known, &before).await } else { None };
    if !wish.new_version {
        flow_sync.unless_published(project, status.as_deref())?;
    }
    let origin = origin(&caller, &request);
    let kept = async {
        keep::store(&flow_sync.storage, project, &document.sha256, &document.bytes).await?;
        let before = match status.as_deref() {
            // Whoever wants a new version wants it of this, of which only Meta knows so far.
            Some(PUBLISHED) => flow_sync.hear(id, PUBLISHED, None, before.status.as_ref(), origin).await?,
            Some(_) | None => before,
        };
        flow_sync.carry_out(id, origin, |flow| Ok(revise(flow, &wish)?.into_iter().collect())).await?;
        Ok::<_, Error>(before)
    };
    let put = async {
        let before = flow_sync.unless_gone(project, kept.await.map_err(Problem::from)).await?;
        flow_sync.push_and_answer(&known, id, &before, origin).await
    };
    flow_sync.unabandoned(project, put).await
}

impl FlowSync {
    /// Meta's word for how the Flow stands. None: Meta does not know it yet, or cannot be asked now; then a JSON is kept, and goes to Meta only
    /// when it is known that nobody published the Flow meanwhile.
    ///
    /// Whoever pushes asks again. This answer is there before anything is kept, because what is refused is not kept. When the Flow's turn has
    /// come it may be old: a document of up to 10 MB was stored since, and others had their turn. A Flow that somebody published in that time
    /// would be taken from people.
    async fn status_at_meta(&self, project: &Project, flow: &Flow) -> Option<String> {
        let link = flow.link.as_ref()?;
        let line = self.line(project).await.ok().filter(|line| link.waba_id == line.waba.as_str())?;
        line.graph.flow(&line.token, &link.flow_id).await.ok()?.status
    }
}
