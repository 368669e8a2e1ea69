//! `GET /v1/projects/{project}/profile`: what people see, asked at Meta, because its owner may change it there too.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::ProjectId;

use super::answer::ProfileAnswer;
use super::asking::Asking;
use super::from_meta;
use crate::Lifecycle;
use crate::decide::Refusal;
use crate::error::Error;
use crate::number::meta;

/// Shows the business profile
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/profile",
    tag = "projects",
    security(("api_key" = ["projects:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The profile", body = ProfileAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_not_connected`: there is none before a number was signed up"),
        (status = 422, description = "`access_lost`: Meta lets us ask no more"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    )
)]
pub(crate) async fn show_profile(State(lifecycle): State<Lifecycle>, Path(id): Path<ProjectId>) -> Result<Json<ProfileAnswer>, Problem> {
    let project = lifecycle.ground(id, None).await?.state.project.ok_or(Error::Refused(Refusal::NoProject))?;
    let asking = Asking::about(&lifecycle, &project).await?;
    let profile = asking.graph.profile(&asking.token, &asking.number).await.map_err(|error| meta::problem(&error))?;
    let photo_url = profile.picture_url.clone();
    Ok(Json(ProfileAnswer::of(from_meta(profile), photo_url)))
}
