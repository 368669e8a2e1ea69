//! `GET /v1/projects/{project}/payments`: what was paid and what was not, the youngest first, page by page.

use axum::extract::State;
use chassis::{Json, PageLimit, Path, Problem, Query, cursor};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answer::PaymentAnswer;
use crate::{Billing, Error, Refusal, store};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPayments {
    /// 1 to 100 payments a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of payments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentPage {
    /// The payments, the youngest first.
    data: Vec<PaymentAnswer>,
    /// Where the next page begins; null: this is the last one.
    next_cursor: Option<String>,
}

/// The last payment of a page.
#[derive(Debug, Serialize, Deserialize)]
struct LastPayment {
    requested_sequence: i64,
}

/// Lists a project's payments
///
/// The youngest first. Payments made meanwhile do not move the pages that follow.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/payments",
    tag = "billing",
    security(("api_key" = ["billing:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), ListPayments),
    responses(
        (status = 200, description = "A page of payments", body = PaymentPage),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
    )
)]
pub(crate) async fn list_payments(
    State(billing): State<Billing>,
    Path(project): Path<ProjectId>,
    Query(query): Query<ListPayments>,
) -> Result<Json<PaymentPage>, Problem> {
    let limit = PageLimit::parse(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::decode::<LastPayment>).transpose()?;
    let mut found = store::list_payments(&billing.pool, project, before.map(|last| last.requested_sequence), limit).await?;
    // That nothing was paid is said only of a project that there is.
    if found.is_empty() && billing.account(project).await?.subscription.is_none() {
        return Err(Error::Refused(Refusal::NoSubscription).into());
    }
    let next_cursor = limit.cut(&mut found, |row| LastPayment { requested_sequence: row.requested_sequence })?;
    Ok(Json(PaymentPage { data: found.into_iter().map(PaymentAnswer::of).collect(), next_cursor }))
}
