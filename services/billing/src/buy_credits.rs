//! `POST /v1/projects/{project}/credits/purchases`: a page at the payment provider, where AI credits are paid.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{PaymentId, ProjectId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Billing;
use crate::answer::PageAnswer;
use crate::command::Origin;
use crate::decide::Command;
use crate::payment_page::{Payer, open_page};

/// What is bought, and who pays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BuyCredits {
    /// As many as one of the packs has.
    #[schema(example = 500)]
    credits: u64,
    /// Where the provider sends its receipt.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// Where the customer comes back to, http or https.
    #[serde(default)]
    #[schema(max_length = 2048)]
    callback_url: Option<String>,
}

/// Begins the purchase of AI credits
///
/// The balance grows when the customer has paid.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/credits/purchases",
    tag = "billing",
    security(("api_key" = ["billing:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = BuyCredits,
    responses(
        (status = 201, description = "The page", body = PageAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
        (status = 409, description = "`too_many_open_payments`; `subscription_closed`"),
        (status = 422, description = "`unknown_pack`; `invalid_body`"),
        (status = 502, description = "`payment_provider_refused`"),
        (status = 503, description = "`billing_unconfigured`; `payment_provider_unavailable`"),
    )
)]
pub(crate) async fn buy_credits(
    State(billing): State<Billing>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Json(body): Json<BuyCredits>,
) -> Result<(StatusCode, Json<PageAnswer>), Problem> {
    let payment = PaymentId::from_ulid(billing.ids.ulid());
    let origin = Origin::Request { id: request.as_str(), actor: caller.actor() };
    let payer = Payer { email: body.email, callback_url: body.callback_url };
    let command = Command::RequestCredits { payment, credits: body.credits };
    let page = open_page(&billing, project, (payment, command), &payer, origin).await?;
    Ok((StatusCode::CREATED, Json(page)))
}
