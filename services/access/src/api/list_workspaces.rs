//! `GET /v1/workspaces`: the workspaces that a person belongs to; all of them for the holder of the platform's key.

use axum::extract::State;
use chassis::{Caller, Json, PageLimit, Problem, Query, cursor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::WorkspaceAnswer;
use crate::actor::Actor;
use crate::{Access, store};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListWorkspaces {
    /// 1 to 100 workspaces a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of workspaces, the youngest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspacePage {
    data: Vec<WorkspaceAnswer>,
    /// Where the next page begins; null: this is the last one.
    next_cursor: Option<String>,
}

/// The last workspace of a page.
#[derive(Debug, Serialize, Deserialize)]
struct LastWorkspace {
    created_sequence: u64,
}

/// Lists workspaces
#[utoipa::path(
    get,
    path = "/v1/workspaces",
    tag = "workspaces",
    security(("api_key" = ["self"])),
    params(ListWorkspaces),
    responses(
        (status = 200, description = "A page of workspaces", body = WorkspacePage),
    )
)]
pub(crate) async fn list_workspaces(
    State(access): State<Access>,
    caller: Caller,
    Query(query): Query<ListWorkspaces>,
) -> Result<Json<WorkspacePage>, Problem> {
    let user = if caller.all() { None } else { Some(Actor::person(&caller)?.to_string()) };
    let limit = PageLimit::parse(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::decode::<LastWorkspace>).transpose()?;
    let before = before.map(|last| last.created_sequence);
    let mut found = store::workspaces::list(&access.pool, user.as_deref(), before, limit).await?;
    let next_cursor = limit.cut(&mut found, |last| LastWorkspace { created_sequence: last.created_sequence })?;
    Ok(Json(WorkspacePage { data: found.into_iter().map(WorkspaceAnswer::listed).collect(), next_cursor }))
}
