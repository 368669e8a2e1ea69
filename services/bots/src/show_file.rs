//! `GET /v1/projects/{project}/code/files/{path}`: the bytes of one file.
//!
//! The path is one part of the URL, its slashes written `%2F`, as every client made from the API's description writes it.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use chassis::{Path, Problem, Query};
use contract::ProjectId;

use crate::file_path::FilePath;
use crate::version::Which;
use crate::{Bots, keep};

/// Shows a file of a bot's code
///
/// As bytes, whatever they are: nothing here is a page of ours.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/code/files/{path}",
    tag = "code",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("path" = String, Path, description = "The file's path, its slashes written %2F", example = "src%2Fgreet.js"),
        Which,
    ),
    responses(
        (status = 200, description = "Its bytes", body = Vec<u8>, content_type = "application/octet-stream", headers(("ETag" = String, description = "SHA-256 of the bytes"))),
        (status = 404, description = "`not_found`: no such project, version or file"),
        (status = 409, description = "`code_not_ready`: the project is being made"),
    ),
    security(("api_key" = ["code:read"])),
)]
pub(crate) async fn show_file(
    State(bots): State<Bots>,
    Path((project, path)): Path<(ProjectId, String)>,
    Query(which): Query<Which>,
) -> Result<impl IntoResponse, Problem> {
    let (_, manifest) = bots.version(project, which.version.as_deref()).await?;
    let entry = path.parse::<FilePath>().ok().and_then(|path| manifest.files.get(&path).cloned());
    let entry = entry.ok_or_else(|| Problem::not_found("the version has no such file"))?;
    let bytes = keep::blob(&bots.storage, project, &entry.sha256).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, "attachment".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (ETAG, format!("\"{}\"", entry.sha256)),
    ];
    Ok((headers, bytes))
}
