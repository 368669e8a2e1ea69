//! `GET /v1/projects/{project}/flows`: the Flows of a project, by name.

use axum::extract::State;
use chassis::{Json, PageLimit, Path, Problem, Query, cursor};
use contract::{FlowId, ProjectId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::FlowSummary;
use crate::error::Error;
use crate::{FlowSync, store};

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Only those that stand like this at Meta: `DRAFT`, `PUBLISHED`, …
    status: Option<String>,
    /// 1 to 100 Flows a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of Flows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowPage {
    data: Vec<FlowSummary>,
    /// For the next page; null: this is the last one.
    next_cursor: Option<String>,
}

/// A place in this list alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    flow_name: String,
    flow: FlowId,
}

/// Lists Flows
///
/// Those that were deleted are not among them.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows",
    tag = "flows",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), Part),
    responses(
        (status = 200, description = "Flows, by name", body = FlowPage),
        (status = 404, description = "`not_found`"),
    ),
    security(("api_key" = ["flows:read"])),
)]
pub(crate) async fn list_flows(
    State(flow_sync): State<FlowSync>,
    Path(project): Path<ProjectId>,
    Query(part): Query<Part>,
) -> Result<Json<FlowPage>, Problem> {
    let limit = PageLimit::parse(part.limit)?;
    let place = part.cursor.as_deref().map(cursor::decode::<Place>).transpose()?;
    if flow_sync.projects.fresh(project).await.map_err(Error::from)?.is_none() {
        return Err(Problem::not_found("there is no such project"));
    }
    let flow = place.as_ref().map(|place| place.flow.to_string());
    let after = place.as_ref().zip(flow.as_deref()).map(|(place, flow)| (place.flow_name.as_str(), flow));
    let mut found = store::list(&flow_sync.pool, project, part.status.as_deref(), after, limit).await?;
    let next_cursor = limit.cut(&mut found, |(id, flow)| Place { flow_name: flow.name.clone(), flow: *id })?;
    Ok(Json(FlowPage { data: found.iter().map(|(id, flow)| FlowSummary::of(*id, flow)).collect(), next_cursor }))
}
