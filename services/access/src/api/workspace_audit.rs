//! `GET /v1/workspaces/{workspace}/audit`: who did what in a workspace, and in the projects that it owns.

use axum::extract::State;
use chassis::{Json, Path, Problem, Query};
use contract::WorkspaceId;

use super::audit_page::{AuditPage, ReadAudit, page};
use crate::store::audit::Of;
use crate::{Access, Refusal};

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
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn workspace_audit(
    State(access): State<Access>,
    Path(workspace): Path<WorkspaceId>,
    Query(query): Query<ReadAudit>,
) -> Result<Json<AuditPage>, Problem> {
    // A workspace that was deleted has an audit log, for whoever holds the platform's key.
    access.workspace(workspace).await?.0.ok_or(Refusal::NoWorkspace)?;
    page(&access, &Of::Workspace(workspace.to_string()), query).await
}
