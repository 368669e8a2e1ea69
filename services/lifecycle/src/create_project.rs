//! `POST /v1/projects`: a new project. Its database is made after the answer; the operation tells how far that is.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::IntoResponse;
use chassis::{Json, Problem, RequestId};
use contract::{EventId, ProjectId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Lifecycle;
use crate::answer::{OperationAnswer, ProjectAnswer};
use crate::command::Origin;
use crate::decide::Command;
use crate::name::ProjectName;

/// What an idle time is when nobody says.
const IDLE_SECONDS_DEFAULT: u32 = 24 * 60 * 60;
/// The longest idle time: a year.
const IDLE_SECONDS_MAX: u32 = 366 * 24 * 60 * 60;
/// Longest idempotency key.
const KEY_BYTES_MAX: usize = 255;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a project is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateProject {
    /// 1 to 100 characters, none of them a control character. White space at the ends is cut off.
    #[schema(example = "Pizza Bot", min_length = 1, max_length = 100)]
    name: String,
    /// After how many seconds without a message a conversation ends: 1 to 31,622,400. Absent: 24 hours. Null: never.
    #[serde(default = "idle_default")]
    #[schema(default = 86_400, minimum = 1, maximum = 31_622_400)]
    conversation_idle_seconds: Option<u32>,
}

/// A project that is being made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectCreation {
    project: ProjectAnswer,
    operation: OperationAnswer,
}

/// Creates a project
///
/// Answers as soon as the project is in the log. Its database is made after that: follow the operation. With an
/// `Idempotency-Key` a request can be sent again, at any later time: it answers with the project of the first one.
#[utoipa::path(
    post,
    path = "/v1/projects",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; the same key never makes a second project")),
    request_body = CreateProject,
    responses(
        (status = 202, description = "The project is being made", body = ProjectCreation, headers(("Location" = String, description = "The operation"))),
        (status = 400, description = "`invalid_idempotency_key`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_body`; `idempotency_key_reused`: the key came with another body before", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create_project(
    State(lifecycle): State<Lifecycle>,
    request: RequestId,
    headers: HeaderMap,
    Json(body): Json<CreateProject>,
) -> Result<impl IntoResponse, Problem> {
    let key = idempotency_key(&headers)?;
    let command = parse(body)?;
    // The log itself remembers the key, for ever and without a table: it names the project.
    let id = ProjectId::from_ulid(match key {
        Some(key) => EventId::derive("idempotency_key:create_project", &[key]).ulid(),
        None => lifecycle.ids.ulid(),
    });
    let project = lifecycle.command(id, &command, None, &Origin::Request(request.as_str())).await?;
    let provisioning = lifecycle.provisioning_or_none(id).await;
    let operation = OperationAnswer::of(&project, &provisioning);
    let location = format!("/v1/operations/{}", project.operation());
    let body = ProjectCreation { project: ProjectAnswer::of(&project, &provisioning), operation };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(body)))
}

fn parse(body: CreateProject) -> Result<Command, Problem> {
    let mut problem = None;
    let mut refuse = |pointer: &str, detail: String| {
        let so_far = problem.take().unwrap_or_else(|| Problem::unprocessable("invalid_body", "the project cannot be like this"));
        problem = Some(so_far.field(pointer, "invalid", detail));
    };
    let name = body.name.parse::<ProjectName>().map_err(|error| refuse("/name", error.to_string())).ok();
    if body.conversation_idle_seconds.is_some_and(|seconds| !(1..=IDLE_SECONDS_MAX).contains(&seconds)) {
        refuse("/conversation_idle_seconds", format!("must be 1 to {IDLE_SECONDS_MAX}, or null"));
    }
    match (problem, name) {
        (None, Some(name)) => Ok(Command::Create { name, conversation_idle_seconds: body.conversation_idle_seconds }),
        (problem, _) => Err(problem.unwrap_or_else(|| Problem::internal("a name was refused without a reason"))),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let usable = |text: &&str| (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    match value.to_str().ok().filter(usable) {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key")
            .detail(format!("send one Idempotency-Key of 1 to {KEY_BYTES_MAX} visible ASCII characters, or none"))),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type: null is none")]
fn idle_default() -> Option<u32> {
    Some(IDLE_SECONDS_DEFAULT)
}
