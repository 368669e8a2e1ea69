//! `GET /v1/projects`: the projects that the caller sees, the youngest first, page by page.

use axum::extract::State;
use chassis::{Caller, Json, PageLimit, Problem, Query, cursor};
use contract::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::ProjectAnswer;
use crate::store::Wanted;
use crate::{Lifecycle, store};

/// What the route needs, in each project that it shows.
const READ: &str = "projects:read";

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListProjects {
    /// 1 to 100 projects a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// Only the projects of this workspace.
    #[param(value_type = Option<String>, example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    workspace: Option<WorkspaceId>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of projects.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectPage {
    /// The projects, the youngest first.
    data: Vec<ProjectAnswer>,
    /// Where the next page begins; null: this is the last one.
    next_cursor: Option<String>,
}

/// The last project of a page.
#[derive(Debug, Serialize, Deserialize)]
struct LastProject {
    created_sequence: u64,
}

/// Lists projects
///
/// Those that the caller may see, the youngest first. Projects created meanwhile do not move the pages that follow.
#[utoipa::path(
    get,
    path = "/v1/projects",
    tag = "projects",
    security(("api_key" = ["projects:read"])),
    params(ListProjects),
    responses(
        (status = 200, description = "A page of projects", body = ProjectPage),
    )
)]
pub(crate) async fn list_projects(
    State(lifecycle): State<Lifecycle>,
    caller: Caller,
    Query(query): Query<ListProjects>,
) -> Result<Json<ProjectPage>, Problem> {
    let limit = PageLimit::parse(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::decode::<LastProject>).transpose()?;
    let wanted =
        Wanted { visible: caller.visible(READ), workspace: query.workspace, before: before.map(|last| last.created_sequence), limit };
    let mut found = store::list_projects(&lifecycle.pool, &wanted).await?;
    let next_cursor = limit.cut(&mut found, |(project, _)| LastProject { created_sequence: project.created_sequence })?;
    let data = found.iter().map(|(project, provisioning)| ProjectAnswer::of(project, provisioning)).collect();
    Ok(Json(ProjectPage { data, next_cursor }))
}
