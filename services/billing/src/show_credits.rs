//! `GET /v1/projects/{project}/credits`: the balance, and what can be bought.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::ProjectId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::PackAnswer;
use crate::{Billing, Error, Refusal};

/// AI credits of a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreditsAnswer {
    /// How many can be used. Below zero: so many more were used than bought; the next purchase pays them first.
    #[schema(example = 500)]
    balance: i64,
    /// What can be bought.
    packs: Vec<PackAnswer>,
}

/// Shows a project's AI credits
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/credits",
    tag = "billing",
    security(("api_key" = ["billing:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The balance", body = CreditsAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
    )
)]
pub(crate) async fn show_credits(State(billing): State<Billing>, Path(project): Path<ProjectId>) -> Result<Json<CreditsAnswer>, Problem> {
    let account = billing.account(project).await?;
    if account.subscription.is_none() {
        return Err(Error::Refused(Refusal::NoSubscription).into());
    }
    let packs = billing.terms.packs.iter().map(|pack| PackAnswer::of(*pack, &billing.terms.currency)).collect();
    Ok(Json(CreditsAnswer { balance: account.credits, packs }))
}
