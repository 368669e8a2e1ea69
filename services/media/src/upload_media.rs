//! `POST /v1/projects/{project}/media`: a file that is to be sent is taken in.
//!
//! Its bytes go to the storage as they come; there they have no name until all of them were looked at and the log can be told. Nothing of a
//! body that is cut off, too large or something else than it says is left.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, Query, RequestId, idempotency_key};
use contract::{Context, MediaId, MediaUploaded, ProjectId};
use futures::StreamExt;
use projects::Life;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use storage::Writer;
use utoipa::IntoParams;
use whatsapp::MediaKind;

use crate::answer::{MediaAnswer, of_facts};
use crate::content::{self, HEAD_BYTES};
use crate::digest::Digest;
use crate::error::Error;
use crate::facts::{Facts, Standing};
use crate::{Media, keep, label, store};

/// About the file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// What it is called: a document's name is what its receiver sees. 255 characters at most; of a path the last part is taken.
    name: Option<String>,
}

/// Uploads a file
///
/// To be sent in messages, by its id. The body is the file, its `Content-Type` the file's: the kind follows from it, and the limit from
/// the kind (images 5 MiB; audio and video 16 MiB; documents 100 MiB; stickers 512 × 512 WebP, 100 KiB, 500 KiB if they move).
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/media",
    tag = "media",
    params(
        ("project" = String, Path, description = "The project's id"),
        About,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: the same upload again keeps nothing twice"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, under its own type"),
    responses(
        (status = 201, description = "It is kept", body = MediaAnswer, headers(("Location" = String, description = "Where it is shown"))),
        (status = 400, description = "`invalid_path`, `invalid_query`, `idempotency_key_invalid`; `unreadable_body`: it was cut off"),
        (status = 404, description = "`not_found`: no such project"),
        (status = 409, description = "`project_ends`: its deletion has begun; `media_deleted`: what was uploaded under the key is deleted"),
        (status = 413, description = "`body_too_large`: more than Meta takes of its kind"),
        (status = 415, description = "`unsupported_media_type`: a type that Meta does not take"),
        (status = 422, description = "`unusable_file`: its bytes are not what its type says, or not as Meta wants them; `idempotency_key_reused`: with another file"),
    ),
    security(("api_key" = ["conversations:write"])),
)]
pub(crate) async fn upload_media(
    State(service): State<Media>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Query(about): Query<About>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let (kind, mime_type) = kind_of(&headers)?;
    let promised = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if promised.is_some_and(|promised| promised > kind.bytes_max()) {
        return Err(too_large(kind));
    }
    let media = match idempotency_key(&headers)? {
        Some(key) => MediaId::of_upload(project, key),
        None => MediaId::from_ulid(service.ids.ulid()),
    };
    service.usable(project).await?;
    let mut writer = service.storage.writer(&keep::key(project, media));
    let file = match receive(&mut writer, kind, &mime_type, body).await {
        Ok((size_bytes, digest)) => MediaUploaded {
            kind: kind.name().to_owned(),
            mime_type,
            size_bytes,
            sha256: digest.to_hex(),
            name: about.name.as_deref().and_then(label::name),
        },
        Err(problem) => {
            writer.abort().await;
            return Err(problem);
        }
    };
    let context = Context::of_request(request.as_str(), caller.actor(), chassis::traceparent::current());
    let answer = service.keep_upload(project, media, file, writer, context).await?;
    let location = format!("/v1/projects/{project}/media/{media}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(answer)))
}

/// What kind of file it is to be.
fn kind_of(headers: &HeaderMap) -> Result<(MediaKind, String), Problem> {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(label::mime_type);
    let essence = text.as_deref().map(|text| label::essence(text).to_ascii_lowercase()).unwrap_or_default();
    let kind = MediaKind::ALL.into_iter().find(|kind| kind.takes(&essence));
    kind.map(|kind| (kind, essence)).ok_or_else(|| {
        let takes: Vec<&str> = MediaKind::ALL.iter().flat_map(|kind| kind.mime_types()).copied().collect();
        let detail = format!("send the file under its own Content-Type, one of {}", takes.join(", "));
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").detail(detail)
    })
}

/// Writes the body where it has no name yet, and looks at it.
async fn receive(writer: &mut Writer, kind: MediaKind, mime_type: &str, body: Body) -> Result<(u64, Digest), Problem> {
    let (mut size, mut hasher, mut head) = (0_u64, Sha256::new(), Vec::with_capacity(HEAD_BYTES));
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "unreadable_body").cause(error))?;
        size += piece.len() as u64;
        if size > kind.bytes_max() {
            return Err(too_large(kind));
        }
        hasher.update(&piece);
        head.extend_from_slice(&piece[..piece.len().min(HEAD_BYTES - head.len())]);
        writer.write(piece).await.map_err(Error::from)?;
    }
    content::check(kind, mime_type, &head, size).map_err(|fault| Problem::unprocessable("unusable_file", fault.to_string()))?;
    Ok((size, Digest::finish(hasher)))
}

fn too_large(kind: MediaKind) -> Problem {
    let detail = format!("Meta takes at most {} bytes for {}", kind.bytes_max(), kind.name());
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").detail(detail)
}

impl Media {
    /// Whether files of a project may be kept.
    async fn usable(&self, project: ProjectId) -> Result<(), Problem> {
        match self.projects.fresh(project).await.map_err(Error::from)?.map(|project| project.life) {
            None => Err(Problem::not_found("there is no such project")),
            Some(Life::Leaving) => Err(Problem::conflict("project_ends", "the deletion of the project has begun")),
            Some(Life::Provisioning | Life::Ready | Life::Failed) => Ok(()),
        }
    }

    /// Gives the object its name and says so, while nobody erases the project and nobody else uploads under the same key.
    async fn keep_upload(
        &self,
        project: ProjectId,
        media: MediaId,
        file: MediaUploaded,
        mut writer: Writer,
        context: Context,
    ) -> Result<MediaAnswer, Problem> {
        let kept = self.try_keep(project, media, &file, &mut writer, context).await;
        // Without effect once the object has its name.
        writer.abort().await;
        let facts = kept?;
        match &facts.standing {
            Standing::Uploaded(known) if *known == file => {}
            Standing::Uploaded(_) | Standing::Stored(_) | Standing::Failed(_) => {
                return Err(Problem::unprocessable("idempotency_key_reused", "another file was uploaded under this Idempotency-Key"));
            }
            Standing::Deleted => {}
        }
        of_facts(media, facts).ok_or_else(|| Problem::conflict("media_deleted", "what was uploaded under this Idempotency-Key is deleted"))
    }

    async fn try_keep(
        &self,
        project: ProjectId,
        media: MediaId,
        file: &MediaUploaded,
        writer: &mut Writer,
        context: Context,
    ) -> Result<Facts, Problem> {
        let mut held = store::hold(&self.pool, project).await?;
        store::hold_file(&mut held, media).await.map_err(Problem::from)?;
        self.usable(project).await?;
        if let Some(facts) = self.facts(project, media).await? {
            return Ok(facts);
        }
        writer.finish().await.map_err(Error::from)?;
        let said = self.say_first(project, media, file.clone().into(), context).await?;
        held.commit().await.map_err(Error::from)?;
        if said.is_none() {
            metrics::counter!("media_uploaded_total").increment(1);
            metrics::counter!("media_uploaded_bytes_total").increment(file.size_bytes);
        }
        match said {
            Some(facts) => Ok(facts),
            None => Ok(self.facts(project, media).await?.ok_or_else(|| Error::Lost(media.to_string()))?),
        }
    }
}
