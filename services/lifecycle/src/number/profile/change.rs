//! `PATCH /v1/projects/{project}/profile`: checked here, taken by Meta, then noted. A merge patch: null clears what can be cleared.

use axum::extract::State;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::ProjectId;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::answer::ProfileAnswer;
use super::asking::Asking;
use super::limits::{Wrong, check};
use super::photo::{PHOTO_BYTES_MAX, Photo};
use super::{ProfileChanges, from_meta};
use crate::Lifecycle;
use crate::decide::Command;
use crate::number::meta;
use crate::origin::Origin;

/// Largest request: a photo in base64, and the texts.
pub(crate) const BODY_BYTES_MAX: usize = PHOTO_BYTES_MAX / 3 * 4 + 64 * 1024;

/// What is to be otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeProfile {
    /// 1 to 139 characters; cannot be cleared.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 139)]
    about: Option<Option<String>>,
    /// At most 256 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 256)]
    address: Option<Option<String>>,
    /// At most 512 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 512)]
    description: Option<Option<String>>,
    /// At most 128 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 128)]
    email: Option<Option<String>>,
    /// At most two, each at most 256 characters with `https://` or `http://`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>, max_items = 2)]
    websites: Option<Option<Vec<String>>>,
    /// One of Meta's words, such as RESTAURANT.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "RESTAURANT")]
    vertical: Option<Option<String>>,
    /// A JPEG or PNG of at most 5 MiB, in base64; can be replaced, and not cleared.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    photo: Option<Option<String>>,
}

/// Changes the business profile
///
/// What is absent stays as it is, null clears; `about` and `photo` cannot be cleared. A photo is uploaded to Meta first. Never refused for the
/// sake of billing.
#[utoipa::path(
    patch,
    path = "/v1/projects/{project}/profile",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body(content = ChangeProfile, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The profile as it is now", body = ProfileAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_not_connected`: there is none before a number was signed up; `project_deleting`"),
        (status = 413, description = "`body_too_large`"),
        (status = 422, description = "`invalid_body`; `meta_refused`, `access_lost`: in Meta's words"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    )
)]
pub(crate) async fn change_profile(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    Json(body): Json<ChangeProfile>,
) -> Result<Json<ProfileAnswer>, Problem> {
    let (mut changes, photo) = parse(body)?;
    let project = lifecycle.with_room(id).await?;
    let asking = Asking::about(&lifecycle, &project).await?;
    let told = |error| meta::problem(&error);
    let Asking { graph, token, number } = &asking;
    let is = graph.profile(token, number).await.map_err(told)?;
    let (photo_url, before) = (is.picture_url.clone(), from_meta(is));
    if let Some(photo) = photo {
        changes.photo_handle = Some(photo.upload(&asking).await?);
    }
    if changes == ProfileChanges::default() {
        return Ok(Json(ProfileAnswer::of(before, photo_url)));
    }
    graph.change_profile(token, number, &changes.for_meta()).await.map_err(told)?;
    let another_photo = changes.photo_handle.is_some();
    let command = Command::ChangeProfile { before, changes };
    let project = lifecycle.command(id, &command, None, &Origin::request(&request, &caller)).await?;
    // Only Meta knows where a photo is that it has just taken. The change is made, whether or not it says so.
    let photo_url = if another_photo { graph.profile(token, number).await.ok().and_then(|is| is.picture_url) } else { photo_url };
    Ok(Json(ProfileAnswer::of(project.profile.unwrap_or_default(), photo_url)))
}

fn parse(body: ChangeProfile) -> Result<(ProfileChanges, Option<Photo>), Problem> {
    let text = |value: Option<Option<String>>| value.map(Option::unwrap_or_default);
    let changes = ProfileChanges {
        about: text(body.about),
        address: text(body.address),
        description: text(body.description),
        email: text(body.email),
        websites: body.websites.map(Option::unwrap_or_default),
        vertical: text(body.vertical),
        photo_handle: None,
    };
    let mut wrong = Wrong::default();
    check(&changes, &mut wrong);
    let photo = body.photo.map(|photo| photo.as_deref().map_or(Err("a photo cannot be cleared"), Photo::parse));
    if let Some(Err(detail)) = &photo {
        wrong.add("/photo", *detail);
    }
    wrong.done()?;
    Ok((changes, photo.and_then(Result::ok)))
}

/// A field that is there, also as null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
