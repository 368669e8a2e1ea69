//! `POST /v1/projects/{project}/subscription/cancel`: end with the paid cycle.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::ProjectId;

use crate::answer::SubscriptionAnswer;
use crate::command::Origin;
use crate::decide::Command;
use crate::{Billing, Error};

/// Cancels at the end of the paid cycle
///
/// Nothing changes until then, and it can be withdrawn. Asking again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/subscription/cancel",
    tag = "billing",
    security(("api_key" = ["billing:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The subscription as it is now", body = SubscriptionAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
        (status = 409, description = "`no_paid_cycle`; `already_scheduled`: a pause is, withdraw it first; `subscription_closed`"),
    )
)]
pub(crate) async fn cancel_subscription(
    State(billing): State<Billing>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
) -> Result<Json<SubscriptionAnswer>, Problem> {
    let origin = Origin::Request { id: request.as_str(), actor: caller.actor() };
    let account = billing.command(project, &Command::Cancel, origin).await?;
    Ok(Json(SubscriptionAnswer::of(project, &account, &billing.terms).map_err(Error::Refused)?))
}
