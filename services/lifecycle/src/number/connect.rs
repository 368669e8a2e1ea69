//! `PUT /v1/projects/{project}/number`: the project answers to this number from now on. One number belongs to one project.
//!
//! Meta is not asked whose the number and the account are, so only the operator may say it. Everybody else signs the number up.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId, version_wanted};
use contract::ProjectId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{DisplayNumber, MetaId, Number};
use crate::Lifecycle;
use crate::decide::Command;
use crate::origin::Origin;
use crate::project::answer::ProjectAnswer;

/// The number to connect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectNumber {
    /// Meta's id of the number: digits.
    #[schema(example = "207358419203847", pattern = "^[0-9]{1,32}$")]
    phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account that has it: digits.
    #[schema(example = "104857392016384", pattern = "^[0-9]{1,32}$")]
    waba_id: Option<String>,
    /// The number as Meta displays it.
    #[schema(example = "+1 555 010 2030", max_length = 32)]
    display_phone_number: Option<String>,
}

/// Connects a number by its id
///
/// Only with the platform key: Meta is not asked whose the number is, which a signup does. Takes the place of the number that the project
/// had, unless a signup brought that. Allowed while the project is being made: messages wait for its database. Sent again it changes nothing.
#[utoipa::path(
    put,
    path = "/v1/projects/{project}/number",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("If-Match" = Option<String>, Header, description = "Only if the project has this version"),
    ),
    request_body = ConnectNumber,
    responses(
        (status = 200, description = "The project with its number", body = ProjectAnswer, headers(("ETag" = String, description = "The project's version"))),
        (status = 403, description = "`insufficient_scope`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_taken`: another project has it; `number_signed_up`: a signup brought the project another, which must be given back first; `operation_running`: a number is being connected or given back, `Location` names it; `project_failed`, `project_deleting`"),
        (status = 412, description = "`version_mismatch`"),
        (status = 422, description = "`invalid_body`"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
    )
)]
pub(crate) async fn connect_number(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<ConnectNumber>,
) -> Result<impl IntoResponse, Problem> {
    if !caller.all() {
        let detail = "only the platform key may connect a number by its id: sign it up";
        return Err(Problem::new(StatusCode::FORBIDDEN, "insufficient_scope").detail(detail));
    }
    let command = Command::ConnectNumber(parse(&body)?);
    let project = lifecycle.command(id, &command, version_wanted(&headers, "this project")?, &Origin::request(&request, &caller)).await?;
    let answer = ProjectAnswer::of(&project, &lifecycle.provisioning_or_none(id).await);
    Ok((answer.etag(), Json(answer)))
}

fn parse(body: &ConnectNumber) -> Result<Number, Problem> {
    let refused = |pointer: &str, error: &dyn std::error::Error| {
        Problem::unprocessable("invalid_body", "the number cannot be like this").field(pointer, "invalid", error.to_string())
    };
    let id: MetaId = body.phone_number_id.parse().map_err(|error| refused("/phone_number_id", &error))?;
    let waba: Option<MetaId> = body.waba_id.as_deref().map(str::parse).transpose().map_err(|error| refused("/waba_id", &error))?;
    let display: Option<DisplayNumber> =
        body.display_phone_number.as_deref().map(str::parse).transpose().map_err(|error| refused("/display_phone_number", &error))?;
    Ok(Number { id, waba, display })
}
