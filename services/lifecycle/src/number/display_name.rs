//! `GET` and `PUT /v1/projects/{project}/display-name`: the name that people see, asked for here, decided by Meta.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::profile::asking::Asking;
use super::{DisplayName, meta};
use crate::Lifecycle;
use crate::decide::{Command, Refusal, described};
use crate::error::Error;
use crate::origin::Origin;
use crate::project::Project;

/// Longest display name, in characters.
const NAME_CHARS_MAX: usize = 512;

/// The name to ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestName {
    /// 1 to 512 characters, none of them a control character.
    #[schema(example = "Main St. Pizza", min_length = 1, max_length = 512)]
    name: String,
}

/// How the name stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisplayNameAnswer {
    /// What people see now.
    verified_name: Option<String>,
    /// What was asked for last.
    requested: Option<String>,
    /// `none`, `pending`, `approved`, `rejected` or `undecided` (Meta said nothing for 14 days): of the name that was asked for last.
    #[schema(example = "pending")]
    status: &'static str,
    /// Why it was rejected, in Meta's words where it gave any; `NOT_DECIDED` of one that is undecided.
    reason: Option<String>,
}

impl DisplayNameAnswer {
    fn of(project: &Project) -> Self {
        let asked = project.display_name.as_ref();
        Self {
            verified_name: project.description.as_ref().and_then(|described| described.verified_name.clone()),
            requested: asked.map(|asked| asked.name.clone()),
            status: asked.map_or("none", DisplayName::status),
            reason: asked.and_then(|asked| asked.reason.clone()),
        }
    }
}

/// Shows the display name
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/display-name",
    tag = "projects",
    security(("api_key" = ["projects:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The name", body = DisplayNameAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_not_connected`"),
    )
)]
pub(crate) async fn show_display_name(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
) -> Result<Json<DisplayNameAnswer>, Problem> {
    let project = lifecycle.ground(id, None).await?.state.project.ok_or(Error::Refused(Refusal::NoProject))?;
    if project.number.is_none() {
        return Err(Error::Refused(Refusal::NumberNotConnected).into());
    }
    Ok(Json(DisplayNameAnswer::of(&project)))
}

/// Asks for another display name
///
/// Meta decides about it, mostly within minutes; until then the name stays what it was, and no other can be asked for. The same one can be
/// sent again, after a lost answer or a 503. Meta is also asked every hour how the name stands. About a name of which it has said nothing for
/// 14 days nobody waits any longer: another can be asked for.
#[utoipa::path(
    put,
    path = "/v1/projects/{project}/display-name",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = RequestName,
    responses(
        (status = 202, description = "Meta decides about it", body = DisplayNameAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_not_connected`; `display_name_in_review`; `project_deleting`"),
        (status = 422, description = "`invalid_body`; `meta_refused`, `access_lost`: in Meta's words"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    )
)]
pub(crate) async fn request_display_name(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    Json(body): Json<RequestName>,
) -> Result<impl IntoResponse, Problem> {
    let name = body.name.trim().to_owned();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let detail = "a name has 1 to 512 characters, none of them a control character";
        return Err(Problem::unprocessable("invalid_body", "the name cannot be like this").field("/name", "invalid", detail));
    }
    let project = lifecycle.with_room(id).await?;
    if project.name_in_review().is_some_and(|is| is.name == name) {
        return Ok((StatusCode::ACCEPTED, Json(DisplayNameAnswer::of(&project))));
    }
    described::nameable(&project).map_err(Error::Refused)?;
    let asking = Asking::about(&lifecycle, &project).await?;
    if let Err(error) = asking.graph.request_display_name(&asking.token, &asking.number, &name).await
        && !is_in_review(&asking, &name).await
    {
        return Err(meta::problem(&error));
    }
    let command = Command::RequestDisplayName { name };
    let project = lifecycle.command(id, &command, None, &Origin::request(&request, &caller)).await?;
    Ok((StatusCode::ACCEPTED, Json(DisplayNameAnswer::of(&project))))
}

/// Whether Meta has taken the name all the same: its answer was lost, now or before, and what is in review it does not take a second time.
async fn is_in_review(asking: &Asking<'_>, name: &str) -> bool {
    let number = asking.graph.number(&asking.token, &asking.number).await;
    number.is_ok_and(|fields| meta::in_review(name, &fields))
}
