//! `POST /v1/projects/{project}/templates/examples`: a file that a header shows as its example.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;
use chassis::{Json, Path, Problem, Query};
use contract::ProjectId;
use projects::Line;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use whatsapp::graph::{Error as GraphError, FileType};

use crate::Templates;
use crate::error::Error;

/// The largest file, in bytes: what Meta takes of a video. A document may have more when it is sent, its example not.
pub(super) const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What Meta takes of an image.
const IMAGE_BYTES_MAX: usize = 5 * 1024 * 1024;
const NAME_CHARS_MAX: usize = 100;

/// How it is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Called {
    /// A name for it, 1 to 100 characters; absent: one by its kind.
    name: Option<String>,
}

/// A file at Meta.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExampleAnswer {
    /// For `example.header_handle` of a header. Meta keeps it for some weeks; a template needs it while it is made or changed.
    #[schema(example = "4::aW1hZ2UvanBlZw==:ARbm3xq0v7Qe:e:1796083200:2817364512:61573482910:ARZ0kTq")]
    handle: String,
}

/// Uploads an example
///
/// The body is the file: JPEG or PNG up to 5 MiB, MP4 or PDF up to 16 MiB. Nothing is kept here.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/templates/examples",
    tag = "templates",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), Called),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "`image/jpeg`, `image/png`, `video/mp4` or `application/pdf`"),
    responses(
        (status = 201, description = "Meta has it", body = ExampleAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_not_connected`; `project_suspended`; `project_ends`"),
        (status = 413, description = "`body_too_large`"),
        (status = 415, description = "`unsupported_media_type`: no such file is shown in a header, or it is another than its type says"),
        (status = 422, description = "`meta_refused`, `access_lost`: in Meta's words"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`, `meta_not_configured`"),
    ),
    security(("api_key" = ["templates:write"])),
)]
pub(crate) async fn upload_example(
    State(templates): State<Templates>,
    Path(project): Path<ProjectId>,
    Query(called): Query<Called>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<impl IntoResponse, Problem> {
    let known = templates.writable(project).await?;
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable_body").cause(rejection.body_text()),
    })?;
    let kind = kind_of(&headers, &body)?;
    let name = name_of(called.name.as_deref(), kind)?;
    let line = templates.line(&known).await?;
    let handle = upload(&line, &name, &body, kind).await.map_err(|source| Error::Meta { step: "upload", source })?;
    Ok((StatusCode::CREATED, Json(ExampleAnswer { handle })))
}

/// Sends it to Meta; an upload that breaks off goes on once from where Meta has it.
async fn upload(line: &Line, name: &str, bytes: &[u8], kind: FileType) -> Result<String, GraphError> {
    let Line { graph, token, .. } = line;
    let upload = graph.start_upload(token, name, bytes.len(), kind).await?;
    match graph.send_upload(token, &upload, bytes.to_vec(), 0).await {
        Err(error) if error.ambiguous() => {
            let offset = graph.upload_offset(token, &upload).await?;
            let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default().to_vec();
            graph.send_upload(token, &upload, rest, offset).await
        }
        sent => sent,
    }
}

/// By what the caller says and by what it begins with: both must agree.
fn kind_of(headers: &HeaderMap, bytes: &[u8]) -> Result<FileType, Problem> {
    let other = || {
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            .detail("send image/jpeg, image/png, video/mp4 or application/pdf as the file itself, with its own Content-Type")
    };
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    let is_mp4 = bytes.get(4..8) == Some(b"ftyp");
    let found = FileType::of_image(bytes)
        .or_else(|| bytes.starts_with(b"%PDF-").then_some(FileType::Pdf))
        .or_else(|| is_mp4.then_some(FileType::Mp4));
    let kind = found.filter(|kind| kind.mime().eq_ignore_ascii_case(said)).ok_or_else(other)?;
    let bytes_max = match kind {
        FileType::Jpeg | FileType::Png => IMAGE_BYTES_MAX,
        FileType::Pdf | FileType::Mp4 => FILE_BYTES_MAX,
    };
    if bytes.len() > bytes_max { Err(too_large()) } else { Ok(kind) }
}

fn name_of(name: Option<&str>, kind: FileType) -> Result<String, Problem> {
    let Some(name) = name else {
        let ending = match kind {
            FileType::Jpeg => "jpg",
            FileType::Png => "png",
            FileType::Pdf => "pdf",
            FileType::Mp4 => "mp4",
        };
        return Ok(format!("example.{ending}"));
    };
    // Meta takes no name with any of these.
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(|c| c.is_control() || "<@%/\\".contains(c));
    let detail = || format!("1 to {NAME_CHARS_MAX} characters, none of them a control character or one of < @ % / \\");
    if fits { Ok(name.to_owned()) } else { Err(Problem::invalid_query("/name", detail())) }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").detail("an image has at most 5 MiB, a video or document 16 MiB")
}
