//! `GET /v1/workspaces/{workspace}/transfers`: what a workspace is offered.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::TransferAnswer;
use crate::{Lifecycle, store};

/// Most offers that are shown: nobody answers more of them at a time.
const OFFERS_MAX: usize = 200;

/// Offers to a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferList {
    /// The longest waiting first, at most 200.
    data: Vec<TransferAnswer>,
}

/// Lists what a workspace is offered
///
/// Offers that wait for an answer.
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}/transfers",
    tag = "transfers",
    security(("api_key" = ["projects:write"])),
    params(("workspace" = String, Path, description = "The workspace's id", example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The offers", body = TransferList),
        (status = 404, description = "`not_found`"),
    )
)]
pub(crate) async fn list_transfers(
    State(lifecycle): State<Lifecycle>,
    Path(workspace): Path<WorkspaceId>,
) -> Result<Json<TransferList>, Problem> {
    let offers = store::list_offers(&lifecycle.pool, workspace, OFFERS_MAX).await?;
    Ok(Json(TransferList { data: offers.iter().filter_map(TransferAnswer::last).collect() }))
}
