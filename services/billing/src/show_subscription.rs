//! `GET /v1/projects/{project}/subscription`: how a project stands.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::ProjectId;

use crate::answer::SubscriptionAnswer;
use crate::{Billing, Error};

/// Shows a project's subscription
///
/// As the log has it: what was written through this API before is seen here.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/subscription",
    tag = "billing",
    security(("api_key" = ["billing:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The subscription", body = SubscriptionAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
    )
)]
pub(crate) async fn show_subscription(
    State(billing): State<Billing>,
    Path(project): Path<ProjectId>,
) -> Result<Json<SubscriptionAnswer>, Problem> {
    let account = billing.account(project).await?;
    Ok(Json(SubscriptionAnswer::of(project, &account, &billing.terms).map_err(Error::Refused)?))
}
