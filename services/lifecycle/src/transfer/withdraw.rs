//! `DELETE /v1/projects/{project}/transfer`: the owner takes the offer back.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, RequestId};
use contract::ProjectId;

use crate::Lifecycle;
use crate::decide::Command;
use crate::origin::Origin;

/// Takes an offer back
///
/// Sent again it changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}/transfer",
    tag = "transfers",
    security(("api_key" = ["workspace:own"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 204, description = "The project is offered to nobody"),
        (status = 404, description = "`not_found`: it was never offered"),
        (status = 409, description = "`transfer_ended`: it was accepted, declined, or ran out"),
    )
)]
pub(crate) async fn withdraw_transfer(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    lifecycle.command(id, &Command::WithdrawTransfer, None, &Origin::request(&request, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}
