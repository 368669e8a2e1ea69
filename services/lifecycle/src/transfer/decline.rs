//! `POST /v1/workspaces/{workspace}/transfers/{transfer}/decline`: the other workspace answers.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{TransferId, WorkspaceId};

use super::answer::TransferAnswer;
use crate::Lifecycle;
use crate::decide::{Command, Refusal};
use crate::error::Error;
use crate::origin::Origin;

/// Declines an offer
///
/// The project stays where it is. Sent again it changes nothing.
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/transfers/{transfer}/decline",
    tag = "transfers",
    security(("api_key" = ["projects:write"])),
    params(
        ("workspace" = String, Path, description = "The workspace's id", example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("transfer" = String, Path, description = "The offer's id", example = "trf_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
    ),
    responses(
        (status = 200, description = "The offer as it ended", body = TransferAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`transfer_ended`: it was answered otherwise, withdrawn, or ran out"),
    )
)]
pub(crate) async fn decline_transfer(
    State(lifecycle): State<Lifecycle>,
    Path((workspace, transfer)): Path<(WorkspaceId, TransferId)>,
    request: RequestId,
    caller: Caller,
) -> Result<Json<TransferAnswer>, Problem> {
    let project = lifecycle.offered_to(workspace, transfer).await?;
    let command = Command::DeclineTransfer { transfer };
    let project = lifecycle.command(project, &command, None, &Origin::request(&request, &caller)).await?;
    Ok(Json(TransferAnswer::last(&project).ok_or(Error::Refused(Refusal::NoTransfer))?))
}
