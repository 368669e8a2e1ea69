//! `GET /v1/projects/{project}/audit`: who did what in a project.

use axum::extract::State;
use chassis::{Json, Path, Problem, Query};
use contract::ProjectId;

use super::audit_page::{AuditPage, ReadAudit, page};
use crate::store::audit::Of;
use crate::{Access, Refusal, ownership, store};

/// Reads a project's audit log
///
/// What happened to the project, its database, code, Flows and billing, and what was granted for it. It goes with the project when the
/// project is transferred, and with it when it is deleted.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/audit",
    tag = "audit",
    security(("api_key" = ["audit:read"])),
    params(("project" = String, Path, description = "The project's id"), ReadAudit),
    responses(
        (status = 200, description = "A page of entries", body = AuditPage),
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn project_audit(
    State(access): State<Access>,
    Path(project): Path<ProjectId>,
    Query(query): Query<ReadAudit>,
) -> Result<Json<AuditPage>, Problem> {
    // Known from the table, also after it was erased; or only just, from the log.
    let (_, sequence) = store::projects::find(&access.pool, project).await?;
    if sequence == 0 && ownership::owner(&access.journal, project).await?.is_none() {
        return Err(Refusal::NoProject.into());
    }
    page(&access, &Of::Project(project.to_string()), query).await
}
