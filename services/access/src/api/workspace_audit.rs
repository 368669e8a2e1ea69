//! `GET /v1/workspaces/{workspace}/audit`: who did what in a workspace, and in the projects that it owns.

use axum::extract::State;
use chassis::{Json, Path, Problem, Query};
use contract::WorkspaceId;

use super::project_audit::{AuditPage, ReadAudit, page};
use crate::Access;
use crate::store::audit::Of;

/// Reads a workspace's audit log
///
/// With what happened to the projects that it owns now. A person's sign-ins are in the audit log of their personal workspace.
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}/audit",
    tag = "audit",
    security(("api_key" = ["audit:read"])),
    params(("workspace" = String, Path, description = "The workspace's id"), ReadAudit),
    responses(
        (status = 200, description = "A page of entries", body = AuditPage),
        (status = 400, description = "`invalid_query`, `invalid_cursor`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn workspace_audit(
    State(access): State<Access>,
    Path(workspace): Path<WorkspaceId>,
    Query(query): Query<ReadAudit>,
) -> Result<Json<AuditPage>, Problem> {
    page(&access, &Of::Workspace(workspace.to_string()), query).await
}
