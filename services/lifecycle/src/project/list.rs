//! `GET /v1/projects`: the projects that the caller sees, the youngest first, page by page.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Problem, Query, cursor};
use contract::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::ProjectAnswer;
use crate::store::Wanted;
use crate::{Lifecycle, store};

/// What the route needs, in each project that it shows.
const READ: &str = "projects:read";
/// Most projects on a page.
const LIMIT_MAX: usize = 100;
/// Projects on a page when nobody says.
const LIMIT_DEFAULT: usize = 50;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListProjects {
    /// 1 to 100 projects a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
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
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query").detail("the query cannot be read").field(
            "/limit",
            "invalid",
            format!("must be 1 to {LIMIT_MAX}"),
        ));
    }
    let before = query.cursor.as_deref().map(cursor::decode::<LastProject>).transpose()?;
    // One more than asked for tells whether there is a next page.
    let wanted = Wanted {
        visible: caller.visible(READ),
        workspace: query.workspace,
        before: before.map(|last| last.created_sequence),
        limit: limit + 1,
    };
    let mut found = store::list_projects(&lifecycle.pool, &wanted).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more).map(|(project, _)| LastProject { created_sequence: project.created_sequence });
    Ok(Json(ProjectPage {
        data: found.iter().map(|(project, provisioning)| ProjectAnswer::of(project, provisioning)).collect(),
        next_cursor: last.map(|last| cursor::encode(&last)).transpose()?,
    }))
}
