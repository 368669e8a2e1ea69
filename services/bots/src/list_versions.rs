//! `GET /v1/projects/{project}/code/versions`: how the code came to be what it is, the newest change first.

use axum::extract::State;
use chassis::{Json, PageLimit, Path, Problem, Query, cursor};
use chrono::{DateTime, Utc};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Bots;
use crate::code::Change;

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// 1 to 100 changes a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of changes, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionPage {
    data: Vec<VersionAnswer>,
    /// For the next page; null: this is the last one.
    next_cursor: Option<String>,
}

/// A change of the code.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionAnswer {
    /// The version from then on.
    version: String,
    /// The version before it; null: it was the first.
    parent: Option<String>,
    /// `initialised`, `committed` or `reset`.
    #[schema(example = "committed")]
    kind: &'static str,
    /// What changed, for people.
    message: Option<String>,
    at: DateTime<Utc>,
    /// Who: `usr_…`, `key_…`, `system`.
    actor: Option<String>,
}

/// Place of a change in the log; of this list alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    code_sequence: u64,
}

/// Lists the versions of a bot's code
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/code/versions",
    tag = "code",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), Part),
    responses(
        (status = 200, description = "Changes, the newest first", body = VersionPage),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`code_not_ready`: the project is being made"),
    ),
    security(("api_key" = ["code:read"])),
)]
pub(crate) async fn list_versions(
    State(bots): State<Bots>,
    Path(project): Path<ProjectId>,
    Query(part): Query<Part>,
) -> Result<Json<VersionPage>, Problem> {
    let limit = PageLimit::parse(part.limit)?;
    let before = match part.cursor.as_deref().map(cursor::decode::<Place>) {
        Some(place) => place?.code_sequence,
        None => u64::MAX,
    };
    let code = bots.existing_code(project).await?;
    let mut older: Vec<Change> = code.changes.into_iter().rev().filter(|change| change.sequence < before).collect();
    let next_cursor = limit.cut(&mut older, |last| Place { code_sequence: last.sequence })?;
    Ok(Json(VersionPage { data: older.into_iter().map(VersionAnswer::of).collect(), next_cursor }))
}

impl VersionAnswer {
    fn of(change: Change) -> Self {
        let Change { version, parent, kind, message, at, actor, sequence: _ } = change;
        Self { version, parent, kind, message, at, actor }
    }
}
