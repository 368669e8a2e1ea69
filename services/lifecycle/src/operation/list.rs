//! `GET /v1/projects/{project}/operations`: what was done with a project, page by page.

use axum::extract::State;
use chassis::{Json, PageLimit, Path, Problem, Query, cursor};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::OperationAnswer;
use crate::decide::Refusal;
use crate::{Error, Lifecycle, store};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOperations {
    /// 1 to 100 operations a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of operations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperationPage {
    /// The operations, the youngest first.
    data: Vec<OperationAnswer>,
    /// Where the next page begins; null: this is the last one.
    next_cursor: Option<String>,
}

/// The last operation of a page.
#[derive(Debug, Serialize, Deserialize)]
struct LastOperation {
    started_sequence: u64,
}

/// Lists a project's operations
///
/// The youngest first. A project has one at a time.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/operations",
    tag = "operations",
    security(("api_key" = ["projects:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), ListOperations),
    responses(
        (status = 200, description = "A page of operations", body = OperationPage),
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn list_operations(
    State(lifecycle): State<Lifecycle>,
    Path(project): Path<ProjectId>,
    Query(query): Query<ListOperations>,
) -> Result<Json<OperationPage>, Problem> {
    let limit = PageLimit::parse(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::decode::<LastOperation>).transpose()?.map(|last| last.started_sequence);
    let found = store::find_project(&lifecycle.pool, project).await?;
    let (_, provisioning) = found.ok_or(Error::Refused(Refusal::NoProject))?;
    let mut operations = store::list_operations(&lifecycle.pool, project, before, limit).await?;
    let next_cursor = limit.cut(&mut operations, |last| LastOperation { started_sequence: last.started_sequence })?;
    let data = operations.iter().map(|operation| OperationAnswer::of(project, operation, &provisioning)).collect();
    Ok(Json(OperationPage { data, next_cursor }))
}
