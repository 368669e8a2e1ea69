//! `POST /v1/workspaces/{workspace}/transfers/{transfer}/accept`: the other workspace answers.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{TransferId, WorkspaceId};

use super::answer::TransferAnswer;
use crate::Lifecycle;
use crate::decide::{Command, Refusal};
use crate::error::Error;
use crate::origin::Origin;

/// Accepts an offer
///
/// The project belongs to this workspace from now on, with all that is in it and all that it owes. What its owner until then had granted in it ends. Sent again it changes nothing.
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/transfers/{transfer}/accept",
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
pub(crate) async fn accept_transfer(
    State(lifecycle): State<Lifecycle>,
    Path((workspace, transfer)): Path<(WorkspaceId, TransferId)>,
    request: RequestId,
    caller: Caller,
) -> Result<Json<TransferAnswer>, Problem> {
    let project = lifecycle.offered_to(workspace, transfer).await?;
    if lifecycle.is_deleted(workspace).await? {
        return Err(Error::Refused(Refusal::NoTransfer).into());
    }
    let command = Command::AcceptTransfer { transfer };
    let project = lifecycle.command(project, &command, None, &Origin::request(&request, &caller)).await?;
    Ok(Json(TransferAnswer::last(&project).ok_or(Error::Refused(Refusal::NoTransfer))?))
}
