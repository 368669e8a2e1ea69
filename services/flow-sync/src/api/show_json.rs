//! `GET /v1/projects/{project}/flows/{flow}/json`, `…/revisions/{revision}/json` and `…/drift/json`: the bytes of a Flow JSON.

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use chassis::{Path, Problem};
use contract::{FlowId, ProjectId};

use crate::decide::Refusal;
use crate::flow::Revision;
use crate::{FlowSync, keep};

/// Shows a Flow's JSON
///
/// Byte for byte as it was put.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows/{flow}/json",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    responses(
        (status = 200, description = "The current revision", body = Object, content_type = "application/json", headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`flow_has_no_json`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn show_json(
    State(flow_sync): State<FlowSync>,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
) -> Result<Response, Problem> {
    let (_, flow) = flow_sync.made(project, flow).await?;
    let current = flow.current().ok_or(Refusal::NoJson)?;
    flow_sync.json(project, current).await
}

/// Shows the JSON of a revision
///
/// Byte for byte as it was put.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows/{flow}/revisions/{revision}/json",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
        ("revision" = u32, Path, description = "Which"),
    ),
    responses(
        (status = 200, description = "The revision", body = Object, content_type = "application/json", headers(("ETag" = String, description = "The revision"))),
        (status = 404, description = "`not_found`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn show_revision_json(
    State(flow_sync): State<FlowSync>,
    Path((project, flow, revision)): Path<(ProjectId, FlowId, u32)>,
) -> Result<Response, Problem> {
    let (id, flow) = flow_sync.made(project, flow).await?;
    let revision = flow_sync.revision(id, &flow, revision).await?;
    flow_sync.json(project, &revision).await
}

/// Shows the JSON that Meta has instead
///
/// Where somebody changed it there: byte for byte as it was when that was found. A choice is about it, and the differences that are told leave
/// out what is long.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows/{flow}/drift/json",
    tag = "flows",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("flow" = String, Path, description = "The Flow's id", example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D"),
    ),
    responses(
        (status = 200, description = "What Meta has", body = Object, content_type = "application/json", headers(("ETag" = String, description = "Its digest, `drift.meta_sha256`"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`no_drift`: Meta has the JSON that was uploaded"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn show_drift_json(
    State(flow_sync): State<FlowSync>,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
) -> Result<Response, Problem> {
    let (_, flow) = flow_sync.made(project, flow).await?;
    let same = || Problem::conflict("no_drift", "Meta has the JSON that was uploaded");
    let drift = flow.drift.filter(|drift| drift.content).ok_or_else(same)?;
    flow_sync.bytes(project, &drift.meta_sha256, &drift.meta_sha256).await
}

impl FlowSync {
    async fn json(&self, project: ProjectId, revision: &Revision) -> Result<Response, Problem> {
        self.bytes(project, &revision.sha256, &revision.revision.to_string()).await
    }

    async fn bytes(&self, project: ProjectId, sha256: &str, tag: &str) -> Result<Response, Problem> {
        let bytes = keep::load(&self.storage, project, sha256).await?;
        let headers =
            [(CONTENT_TYPE, "application/json".to_owned()), (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()), (ETAG, format!("\"{tag}\""))];
        Ok((headers, bytes).into_response())
    }
}
