//! `POST /v1/projects/{project}/templates/sync`: a comparison with Meta now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::ProjectId;
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::{WAIT_MAX, origin};
use crate::error::Error;
use crate::{Templates, meta};

/// What came of a comparison.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = TemplateSyncAnswer)]
pub(crate) struct SyncAnswer {
    /// Templates that Meta has.
    listed: usize,
    /// Of these, how many were made elsewhere and were not known.
    found: usize,
    /// Templates about which something else was heard.
    changed: usize,
    /// Templates that were known and that Meta has no more.
    missed: usize,
    /// Templates of which something is on its way to Meta still.
    pending: usize,
    /// Why it was not done to its end: `meta_unavailable`, `meta_rate_limited`, `running`, or a refusal of Meta's. It goes on by itself. Null:
    /// it was.
    stopped: Option<String>,
}

/// Compares a project's templates with Meta
///
/// All that the account has: what was made elsewhere is found, what is gone is missed, and what was cut off goes on. It happens by itself as
/// well, and can be done at any time and any number of times.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/templates/sync",
    tag = "templates",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "What came of it", body = SyncAnswer),
        (status = 202, description = "It takes longer than a request may: it goes on by itself", body = SyncAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_not_connected`; `project_suspended`; `project_ends`"),
        (status = 503, description = "`meta_not_configured`"),
    ),
    security(("api_key" = ["templates:write"])),
)]
pub(crate) async fn sync_templates(
    State(templates): State<Templates>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
) -> Result<Response, Problem> {
    templates.writable(project).await?;
    let (origin, worker) = (origin(&caller, &request), templates.clone());
    let task = templates.begun.spawn(async move { worker.reconcile(project, &origin).await });
    let Ok(joined) = timeout(WAIT_MAX, task).await else {
        let answer = SyncAnswer { stopped: Some("running".to_owned()), ..SyncAnswer::default() };
        return Ok((StatusCode::ACCEPTED, Json(answer)).into_response());
    };
    let report = joined.map_err(Problem::internal)??;
    if report.pending > 0 || report.stopped.is_some() {
        templates.asked.ask(project);
    }
    let stopped = match report.stopped {
        Some(Error::Meta { source, .. }) => Some(meta::problem(&source).code.clone()),
        Some(error) => return Err(error.into()),
        None => None,
    };
    let (listed, found, changed, missed, pending) = (report.listed, report.found, report.changed, report.missed, report.pending);
    Ok(Json(SyncAnswer { listed, found, changed, missed, pending, stopped }).into_response())
}
