//! `POST /v1/projects`: a new project. What it needs is made after the answer; the operation tells how far that is.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use chassis::{Caller, Json, Problem, RequestId, idempotency_key};
use contract::{EventId, ProjectId, WorkspaceId};
use sealing::DataKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::ProjectAnswer;
use super::name::ProjectName;
use super::settings::{IDLE_SECONDS_DEFAULT, check_idle};
use crate::Lifecycle;
use crate::decide::Command;
use crate::operation::answer::OperationAnswer;
use crate::origin::Origin;

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
    /// Who owns it. Absent: the caller's own workspace.
    #[schema(value_type = Option<String>, example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    workspace_id: Option<WorkspaceId>,
}

/// A project that is being made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectCreation {
    project: ProjectAnswer,
    operation: OperationAnswer,
}

/// Creates a project
///
/// Answers as soon as the project is in the log. Its database, code, place for Flows and trial are made after that: follow the operation.
/// With an `Idempotency-Key` a request can be sent again, at any later time: it answers with the project of the first one, as long as that is
/// there and the workspace's own.
#[utoipa::path(
    post,
    path = "/v1/projects",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; the same key never makes a second project")),
    request_body = CreateProject,
    responses(
        (status = 202, description = "The project is being made", body = ProjectCreation, headers(("Location" = String, description = "The operation"))),
        (status = 400, description = "`idempotency_key_invalid`, `malformed_json`"),
        (status = 403, description = "`insufficient_scope`: the caller may not create projects in that workspace"),
        (status = 404, description = "`not_found`: there is no such workspace"),
        (status = 409, description = "`project_deleted`: the project that the key made is gone; `project_transferred`: it belongs to another workspace now"),
        (status = 422, description = "`invalid_body`; `idempotency_key_reused`: the key came with another body before"),
    )
)]
pub(crate) async fn create_project(
    State(lifecycle): State<Lifecycle>,
    request: RequestId,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<CreateProject>,
) -> Result<impl IntoResponse, Problem> {
    let key = idempotency_key(&headers)?;
    let workspace = owner(&caller, body.workspace_id).await?;
    let (name, conversation_idle_seconds) = parse(&body)?;
    // The log itself remembers the key, for ever and without a table: it names the project. Keys are the workspace's own.
    let id = ProjectId::from_ulid(match key {
        Some(key) => EventId::derive("idempotency_key:create_project", &[&workspace.to_string(), key]).ulid(),
        None => lifecycle.ids.ulid(),
    });
    let wrapped_key = DataKey::random().wrap(&lifecycle.master, id);
    let command = Command::Create { name, conversation_idle_seconds, workspace, wrapped_key };
    let project = lifecycle.command(id, &command, None, &Origin::request(&request, &caller)).await?;
    let provisioning = lifecycle.provisioning_or_none(id).await;
    let operation = OperationAnswer::of(id, &project.operation, &provisioning);
    let location = operation.location();
    let body = ProjectCreation { project: ProjectAnswer::of(&project, &provisioning), operation };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(body)))
}

/// Who is to own it: the caller must be allowed to create projects there.
async fn owner(caller: &Caller, wanted: Option<WorkspaceId>) -> Result<WorkspaceId, Problem> {
    let own = || caller.workspace().map_or(Ok(WorkspaceId::INSTALLATION), str::parse);
    let workspace = wanted.map_or_else(own, Ok).map_err(|error| Problem::internal(format_args!("the caller's workspace: {error}")))?;
    caller.require_in_workspace("projects:write", &workspace.to_string()).await?;
    Ok(workspace)
}

fn parse(body: &CreateProject) -> Result<(ProjectName, Option<u32>), Problem> {
    let mut problem = None;
    let mut refuse = |pointer: &str, detail: String| {
        let so_far = problem.take().unwrap_or_else(|| Problem::unprocessable("invalid_body", "the project cannot be like this"));
        problem = Some(so_far.field(pointer, "invalid", detail));
    };
    let name = body.name.parse::<ProjectName>().map_err(|error| refuse("/name", error.to_string())).ok();
    let idle = check_idle(body.conversation_idle_seconds).map_err(|detail| refuse("/conversation_idle_seconds", detail)).ok();
    match (problem, name, idle) {
        (None, Some(name), Some(idle)) => Ok((name, idle)),
        (problem, ..) => Err(problem.unwrap_or_else(|| Problem::internal("a name was refused without a reason"))),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type: null is none")]
fn idle_default() -> Option<u32> {
    Some(IDLE_SECONDS_DEFAULT)
}
