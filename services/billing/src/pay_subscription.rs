//! `POST /v1/projects/{project}/subscription/pay`: a page at the payment provider, where a cycle is paid.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{PaymentId, ProjectId};

use crate::Billing;
use crate::answer::PageAnswer;
use crate::command::Origin;
use crate::decide::Command;
use crate::payment_page::{Payer, open_page};

/// Begins the payment of a cycle
///
/// The cycle begins when the customer has paid; paid within a cycle, it makes that one longer. A page that nobody pays at is forgotten
/// after a day.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/subscription/pay",
    tag = "billing",
    security(("api_key" = ["billing:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = Payer,
    responses(
        (status = 201, description = "The page", body = PageAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
        (status = 409, description = "`too_many_open_payments`; `subscription_closed`"),
        (status = 422, description = "`invalid_body`"),
        (status = 502, description = "`payment_provider_refused`"),
        (status = 503, description = "`billing_unconfigured`; `payment_provider_unavailable`"),
    )
)]
pub(crate) async fn pay_subscription(
    State(billing): State<Billing>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Json(payer): Json<Payer>,
) -> Result<(StatusCode, Json<PageAnswer>), Problem> {
    let payment = PaymentId::from_ulid(billing.ids.ulid());
    let origin = Origin::Request { id: request.as_str(), actor: caller.actor() };
    let page = open_page(&billing, project, (payment, Command::RequestPayment { payment }), &payer, origin).await?;
    Ok((StatusCode::CREATED, Json(page)))
}
