//! `POST /v1/projects/{project}/credits/uses`: a program reports a use of AI credits.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Billing;
use crate::usage::{Unusable, Use};

/// A use of credits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UseCredits {
    /// Names the use: 1 to 128 visible ASCII characters. The same one is charged once.
    #[schema(example = "msg_01JD3X8K2M4N5P6Q7R8S9T0V1W", min_length = 1, max_length = 128)]
    usage: String,
    /// How many, from 1.
    #[schema(example = 3, minimum = 1)]
    credits: u64,
    /// What for, for people. At most 200 characters.
    #[schema(example = "answer by an agent", max_length = 200)]
    what: String,
}

/// What is left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BalanceAnswer {
    /// Below zero: so many more were used than bought; the next purchase pays them first.
    #[schema(example = 497)]
    balance: i64,
}

/// Reports a use of AI credits
///
/// It has happened, so it is charged whatever is left: the balance may go below zero. Look at the balance before credits are used. The same
/// use can be reported again, at any later time: it is charged once.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/credits/uses",
    tag = "billing",
    security(("api_key" = ["billing:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = UseCredits,
    responses(
        (status = 200, description = "It is charged", body = BalanceAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun"),
        (status = 409, description = "`subscription_closed`"),
        (status = 422, description = "`use_reused`: it was charged with another number of credits; `invalid_body`"),
    )
)]
pub(crate) async fn use_credits(
    State(billing): State<Billing>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Json(body): Json<UseCredits>,
) -> Result<Json<BalanceAnswer>, Problem> {
    let used = Use::new(body.usage, body.credits, body.what).map_err(unusable)?;
    let account = billing.report_use(project, used, request.as_str(), caller.actor()).await?;
    Ok(Json(BalanceAnswer { balance: account.credits }))
}

fn unusable(Unusable(broken): Unusable) -> Problem {
    let problem = Problem::unprocessable("invalid_body", "the use cannot be like this");
    broken.into_iter().fold(problem, |problem, (pointer, rule)| problem.field(pointer, "invalid", rule))
}
