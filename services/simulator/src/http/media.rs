//! Files on phones: chosen by a person to be sent, and shown by the page.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use chassis::{Json, Path};
use serde_json::{Value, json};
use whatsapp::{PhoneNumberId, WaId};

use crate::graph::{Answer, Media, look_at_media};
use crate::{Refused, Simulator};

/// A file larger than Meta takes from anybody, for tests of whoever fetches it.
pub(crate) const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;
const MIME_CHARACTERS_MAX: usize = 128;

/// A file for a message to this number: the body as it is, its type in `Content-Type`. The id goes into `media` of the
/// message, or with the rest into what a Flow's picker holds.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/media", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), request_body = Object, responses((status = 201, body = Object)))]
pub(crate) async fn choose(
    State(simulator): State<Simulator>,
    Path((wa_id, to)): Path<(WaId, PhoneNumberId)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let mime_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).filter(|text| text.len() <= MIME_CHARACTERS_MAX);
    let mime_type = mime_type.ok_or_else(|| Refused::Invalid("Content-Type says what the file is".to_owned()))?;
    let kept = simulator.change(|world, now| {
        world.person(&wa_id)?;
        let id = world.keep_file(&to, mime_type, body, now)?;
        let sha256 = world.meta.media.get(&id, now).map(Media::sha256_base64);
        Ok::<_, Refused>(json!({"id": id, "mime_type": mime_type, "sha256": sha256}))
    })?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// A file as the phone shows it.
#[utoipa::path(get, path = "/sim/api/media/{media_id}", tag = "simulator", params(("media_id" = String, Path)), responses((status = 200, body = Object)))]
pub(crate) async fn show(State(simulator): State<Simulator>, Path(id): Path<String>) -> Result<Response, Refused> {
    let now = simulator.now();
    let found = look_at_media(&simulator.world().meta, &id, now);
    let Some((_, Answer::File { mime_type, bytes })) = found else { return Err(Refused::NoSuchThing("file with this id")) };
    // What came from elsewhere is shown as a picture or a sound, and as nothing that could run.
    let headers = [
        (CONTENT_TYPE, mime_type.as_str()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, bytes).into_response())
}
