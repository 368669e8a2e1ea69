//! `POST /v1/projects/{project}/credits/uses`: a use of AI credits is charged, once.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Billing;
use crate::command::Origin;
use crate::decide::Command;

/// Longest name of a use.
const USAGE_BYTES_MAX: usize = 128;
/// Longest text of what it was for.
const WHAT_CHARS_MAX: usize = 200;
/// Most credits of one use.
const CREDITS_MAX: u64 = 1_000_000_000;

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
    balance: u64,
}

/// Charges a use of AI credits
///
/// The same use can be sent again, at any later time: it is charged once.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/credits/uses",
    tag = "billing",
    security(("api_key" = ["billing:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = UseCredits,
    responses(
        (status = 200, description = "It is charged", body = BalanceAnswer),
        (status = 404, description = "`not_found`: no such project, or its trial has not begun", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`credits_exhausted`; `subscription_closed`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`use_reused`: it was charged with another number of credits; `invalid_body`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn use_credits(
    State(billing): State<Billing>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Json(body): Json<UseCredits>,
) -> Result<Json<BalanceAnswer>, Problem> {
    check(&body)?;
    let UseCredits { usage, credits, what } = body;
    let origin = Origin::Request { id: request.as_str(), actor: caller.actor() };
    let account = billing.command(project, &Command::UseCredits { usage, credits, what }, origin).await?;
    Ok(Json(BalanceAnswer { balance: account.credits }))
}

fn check(body: &UseCredits) -> Result<(), Problem> {
    let named = (1..=USAGE_BYTES_MAX).contains(&body.usage.len()) && body.usage.bytes().all(|byte| byte.is_ascii_graphic());
    let described = body.what.chars().count() <= WHAT_CHARS_MAX && !body.what.chars().any(char::is_control);
    let rules = [
        (named, "/usage", "must be 1 to 128 visible ASCII characters"),
        ((1..=CREDITS_MAX).contains(&body.credits), "/credits", "must be 1 to 1,000,000,000"),
        (described, "/what", "must be at most 200 characters without control characters"),
    ];
    let broken = rules.into_iter().filter(|(kept, ..)| !kept).fold(None, |problem: Option<Problem>, (_, pointer, detail)| {
        let problem = problem.unwrap_or_else(|| Problem::unprocessable("invalid_body", "the use cannot be like this"));
        Some(problem.field(pointer, "invalid", detail))
    });
    broken.map_or(Ok(()), Err)
}
