//! `POST /v1/workspaces/{workspace}/keys`: a new API key. Its secret is in this answer and nowhere else.

use auth::credential::Issued;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Json, Path, Problem, RequestId};
use chrono::{DateTime, SubsecRound, Utc};
use contract::{KeyHolder, KeyId, ProjectId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{IssuedKeyAnswer, KeyAnswer};
use super::{by, wrong};
use crate::decide::{Command, NewKey, State as Ground, WorkspaceCommand};
use crate::{Access, Refusal, scope};

/// What events and tables keep of a time: microseconds.
const TIME_DIGITS: u16 = 6;

/// What the key is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueKey {
    /// What it is for: 1 to 100 characters.
    #[schema(example = "Order system", min_length = 1, max_length = 100)]
    name: String,
    /// What it may do: at least one scope, none that its maker lacks.
    #[schema(example = json!(["projects:read", "conversations:read"]))]
    scopes: Vec<String>,
    /// The one project that it works for; absent: all of the workspace.
    #[schema(example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    project: Option<String>,
    /// When it stops working; absent: never, or when the key that makes it does, which it cannot outlive.
    expires_at: Option<DateTime<Utc>>,
    /// Who holds it; what an agent does is marked as such. Absent: a program.
    holder: Option<HolderName>,
}

/// Who holds a key.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HolderName {
    Program,
    Agent,
}

/// Issues a key
#[utoipa::path(
    post,
    path = "/v1/workspaces/{workspace}/keys",
    tag = "keys",
    security(("api_key" = ["keys:write"])),
    params(("workspace" = String, Path, description = "The workspace's id")),
    request_body = IssueKey,
    responses(
        (status = 201, description = "The key, with its secret", body = IssuedKeyAnswer),
        (status = 403, description = "`insufficient_scope`: its maker lacks one of the scopes"),
        (status = 404, description = "`not_found`: not a project of this workspace"),
        (status = 409, description = "`limit_reached`"),
        (status = 422, description = "`invalid_body`: also for a key that would outlive the one that makes it"),
    )
)]
pub(crate) async fn issue_key(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    Path(workspace): Path<WorkspaceId>,
    Json(body): Json<IssueKey>,
) -> Result<(StatusCode, Json<IssuedKeyAnswer>), Problem> {
    let (by, origin) = by(&caller, &request)?;
    let id = KeyId::from_ulid(access.ids.ulid());
    let issued = Issued::key(id);
    let command = WorkspaceCommand::IssueKey(parse(body, id, issued.hash.clone())?);
    let ground = access.command(&Command::Workspace { workspace, by, command }, origin).await?;
    Ok((StatusCode::CREATED, Json(shown_once(&ground, id, &issued)?)))
}

fn parse(body: IssueKey, id: KeyId, hash: String) -> Result<NewKey, Problem> {
    if body.scopes.is_empty() {
        return Err(wrong("/scopes", "a key needs at least one scope"));
    }
    let scopes = scope::parse(&body.scopes, scope::is_for_keys);
    let project: Option<ProjectId> = body.project.map(|project| project.parse()).transpose().map_err(|error| wrong("/project", error))?;
    Ok(NewKey {
        id,
        hash,
        name: body.name.parse().map_err(|error| wrong("/name", error))?,
        holder: match body.holder {
            None | Some(HolderName::Program) => KeyHolder::Program,
            Some(HolderName::Agent) => KeyHolder::Agent,
        },
        scopes: scopes.map_err(|index| wrong(&format!("/scopes/{index}"), "not a scope that a key can have"))?,
        project,
        expires_at: body.expires_at.map(|at| at.trunc_subsecs(TIME_DIGITS)),
    })
}

/// The answer to whoever has just got a key.
pub(super) fn shown_once(ground: &Ground, id: KeyId, issued: &Issued) -> Result<IssuedKeyAnswer, Refusal> {
    let key = ground.workspace.as_ref().and_then(|workspace| workspace.keys.get(&id)).ok_or(Refusal::NoKey)?;
    Ok(IssuedKeyAnswer { secret: issued.text.expose().to_owned(), key: KeyAnswer::of(id, key, None) })
}
