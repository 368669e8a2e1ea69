//! `PATCH /v1/projects/{project}`: another name, another setting. A merge patch (RFC 7396): what is absent stays.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId, version_wanted};
use contract::{ProjectId, UnknownOutcome};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::answer::ProjectAnswer;
use super::settings::{Changes, check_idle};
use crate::Lifecycle;
use crate::decide::Command;
use crate::origin::Origin;

/// What is to be otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateProject {
    /// 1 to 100 characters, none of them a control character. A project cannot be without one.
    #[serde(default, deserialize_with = "present")]
    #[schema(example = "Pizza Bot", min_length = 1, max_length = 100, value_type = Option<String>)]
    name: Option<Option<String>>,
    /// After how many seconds without a message a conversation ends: 1 to 31,622,400. Null: never.
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 1, maximum = 31_622_400, value_type = Option<u32>)]
    conversation_idle_seconds: Option<Option<u32>>,
    /// What becomes of a message of which nobody knows whether Meta took it, when no status told of it in time: `give_up`, then it is
    /// sent at most once, or `send_again`, then at least once and at most three times. Null: `give_up`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "give_up")]
    unknown_outcome: Option<Option<UnknownOutcome>>,
}

/// Changes a project
///
/// A merge patch: what is absent stays as it is, null takes a setting away.
#[utoipa::path(
    patch,
    path = "/v1/projects/{project}",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("If-Match" = Option<String>, Header, description = "Only if the project has this version"),
    ),
    request_body(content = UpdateProject, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The project as it is now", body = ProjectAnswer, headers(("ETag" = String, description = "The project's version"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`project_deleting`"),
        (status = 412, description = "`version_mismatch`"),
        (status = 422, description = "`invalid_body`"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
    )
)]
pub(crate) async fn update_project(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<UpdateProject>,
) -> Result<impl IntoResponse, Problem> {
    let command = Command::Update(parse(body)?);
    let project = lifecycle.command(id, &command, version_wanted(&headers, "this project")?, &Origin::request(&request, &caller)).await?;
    let answer = ProjectAnswer::of(&project, &lifecycle.provisioning_or_none(id).await);
    Ok((answer.etag(), Json(answer)))
}

fn parse(body: UpdateProject) -> Result<Changes, Problem> {
    let refused = |pointer: &str, detail: String| {
        Problem::unprocessable("invalid_body", "the project cannot be like this").field(pointer, "invalid", detail)
    };
    let name = match body.name {
        None => None,
        Some(None) => return Err(refused("/name", "a project has a name".to_owned())),
        Some(Some(text)) => Some(text.parse().map_err(|error: super::name::NameError| refused("/name", error.to_string()))?),
    };
    let idle = body.conversation_idle_seconds.map(check_idle).transpose();
    Ok(Changes {
        name,
        conversation_idle_seconds: idle.map_err(|detail| refused("/conversation_idle_seconds", detail))?,
        unknown_outcome: body.unknown_outcome.map(Option::unwrap_or_default),
    })
}

/// What is there, be it null: serde takes null for absent otherwise.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
