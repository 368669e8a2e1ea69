//! `GET /v1/projects/{project}/payments`: what was paid and what was not, the youngest first, page by page.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Path, Problem, Query, cursor};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answer::PaymentAnswer;
use crate::{Billing, Error, Refusal, store};

/// Most payments on a page.
const LIMIT_MAX: usize = 100;
/// Payments on a page when nobody says.
const LIMIT_DEFAULT: usize = 50;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPayments {
    /// 1 to 100 payments a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
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
        (status = 404, description = "`not_found`: no such project, or its trial has not begun", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_payments(
    State(billing): State<Billing>,
    Path(project): Path<ProjectId>,
    Query(query): Query<ListPayments>,
) -> Result<Json<PaymentPage>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query").detail("the query cannot be read").field(
            "/limit",
            "invalid",
            format!("must be 1 to {LIMIT_MAX}"),
        ));
    }
    let before = query.cursor.as_deref().map(cursor::decode::<LastPayment>).transpose()?;
    // One more than asked for tells whether there is a next page.
    let mut found = store::list_payments(&billing.pool, project, before.map(|last| last.requested_sequence), limit + 1).await?;
    // That nothing was paid is said only of a project that there is.
    if found.is_empty() && billing.account(project).await?.subscription.is_none() {
        return Err(Error::Refused(Refusal::NoSubscription).into());
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more).map(|row| LastPayment { requested_sequence: row.requested_sequence });
    Ok(Json(PaymentPage {
        data: found.into_iter().map(PaymentAnswer::of).collect(),
        next_cursor: last.map(|last| cursor::encode(&last)).transpose()?,
    }))
}
