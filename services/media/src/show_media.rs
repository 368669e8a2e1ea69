//! `GET /v1/projects/{project}/media/{media}`: what is known of a file.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::{MediaId, ProjectId};

use crate::Media;
use crate::answer::MediaAnswer;

/// Shows a file
///
/// One that was uploaded, or one that a contact sent.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/media/{media}",
    tag = "media",
    params(
        ("project" = String, Path, description = "The project's id"),
        ("media" = String, Path, description = "The file's id", example = "med_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
    ),
    responses(
        (status = 200, description = "What is known of it", body = MediaAnswer),
        (status = 404, description = "`not_found`: no such project or file, or it is deleted"),
    ),
    security(("api_key" = ["conversations:read"])),
)]
pub(crate) async fn show_media(
    State(service): State<Media>,
    Path((project, media)): Path<(ProjectId, MediaId)>,
) -> Result<Json<MediaAnswer>, Problem> {
    service.existing(project, media).await.map(Json)
}

impl Media {
    /// A file that there is, of a project that there is.
    pub(crate) async fn existing(&self, project: ProjectId, media: MediaId) -> Result<MediaAnswer, Problem> {
        if !self.lives(project).await? {
            return Err(Problem::not_found("there is no such project"));
        }
        self.show(project, media).await?.ok_or_else(|| Problem::not_found("the project has no such file"))
    }
}
