//! `POST /v1/projects/{project}/subscription/resume`: go on.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{PaymentId, ProjectId};

use crate::answer::SubscriptionAnswer;
use crate::command::Origin;
use crate::decide::Command;
use crate::{Billing, Error};

/// Resumes
///
/// While a paid cycle runs, what is scheduled is withdrawn and nothing else changes. Afterwards what is stored is charged: `charging` names the payment, and a new cycle begins when it succeeds.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/subscription/resume",
    tag = "billing",
    security(("api_key" = ["billing:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The subscription as it is now", body = SubscriptionAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
        (status = 409, description = "`payment_required`: nothing is stored that could be charged, pay at the page; `subscription_closed`"),
    )
)]
pub(crate) async fn resume_subscription(
    State(billing): State<Billing>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
) -> Result<Json<SubscriptionAnswer>, Problem> {
    let origin = Origin::Request { id: request.as_str(), actor: caller.actor() };
    let command = Command::Resume { payment: PaymentId::from_ulid(billing.ids.ulid()) };
    let account = billing.command(project, &command, origin).await?;
    Ok(Json(SubscriptionAnswer::of(project, &account, &billing.terms).map_err(Error::Refused)?))
}
