//! `GET /{media}?phone_number_id=`: what the file is, and a link to it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::{GraphRefusal, Meta, Request, token};
use super::{Media, link};

/// See the module.
pub(crate) fn show(meta: &Meta, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let media = of_token(meta, request, id, now)?;
    Ok(json!({
        "messaging_product": "whatsapp", "url": link(&request.origin, meta.app_secret.expose(), id, now), "mime_type": media.mime_type,
        "sha256": media.sha256_hex(), "file_size": media.bytes.len(), "id": id,
    }))
}

/// The file, if it is one of the token's numbers, and of the number that the call names.
pub(super) fn of_token<'a>(meta: &'a Meta, request: &Request, id: &str, now: DateTime<Utc>) -> Result<&'a Media, GraphRefusal> {
    let nothing = || GraphRefusal::no_object(id);
    let media = meta.media.get(id, now).ok_or_else(nothing)?;
    token::for_media(meta, request, &media.number).map_err(|refusal| if refusal.code == 190 { refusal } else { nothing() })?;
    match request.query("phone_number_id") {
        Some(number) if number != media.number.as_str() => Err(nothing()),
        _ => Ok(media),
    }
}
