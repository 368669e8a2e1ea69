//! `GET /v1/projects/{project}/media/{media}/content`: the bytes of a file, as they came.
//!
//! They are somebody else's: they are given out to be saved, never to be shown as a page of ours. They are read from the storage as fast as
//! the caller takes them.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use chassis::{Path, Problem};
use contract::{MediaId, ProjectId};

use crate::error::Error;
use crate::{Media, keep, label};

/// Downloads a file
///
/// Whole. A file of a contact's that is still being fetched is 409.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/media/{media}/content",
    tag = "media",
    params(
        ("project" = String, Path, description = "The project's id"),
        ("media" = String, Path, description = "The file's id"),
    ),
    responses(
        (status = 200, description = "Its bytes, of the type that was said of them", body = Vec<u8>, content_type = "application/octet-stream", headers(("ETag" = String, description = "SHA-256 of the bytes"))),
        (status = 404, description = "`not_found`: no such project or file, or it is deleted"),
        (status = 409, description = "`media_pending`: it is being fetched from Meta; `media_failed`: it could not be had"),
    ),
    security(("api_key" = ["conversations:read"])),
)]
pub(crate) async fn show_content(
    State(service): State<Media>,
    Path((project, media)): Path<(ProjectId, MediaId)>,
) -> Result<impl IntoResponse, Problem> {
    let file = service.existing(project, media).await?;
    match file.status.as_str() {
        "pending" => return Err(Problem::conflict("media_pending", "the file is being fetched from Meta")),
        "failed" => return Err(Problem::conflict("media_failed", file.reason.unwrap_or_default())),
        _ => {}
    }
    let key = keep::key(project, media);
    let (size, bytes) = service.storage.stream(&key).await.map_err(Error::from)?.ok_or_else(|| Error::Lost(key.to_string()))?;
    if file.size_bytes != Some(size) {
        return Err(Error::Lost(key.to_string()).into());
    }
    let headers = [
        (CONTENT_TYPE, file.mime_type.unwrap_or_else(|| label::TYPE_UNKNOWN.to_owned())),
        (CONTENT_LENGTH, size.to_string()),
        (CONTENT_DISPOSITION, label::attachment(file.name.as_deref())),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (ETAG, format!("\"{}\"", file.sha256.unwrap_or_default())),
    ];
    Ok((headers, Body::from_stream(bytes)))
}
