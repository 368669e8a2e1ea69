//! The link to a file: five minutes, for whoever has the token that could ask for it.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use whatsapp::PhoneNumberId;

use super::super::{Answer, GraphRefusal, Meta, Request, token};

const LINK_LIFE: TimeDelta = TimeDelta::minutes(5);

/// A link that works for five minutes from `now`.
pub(crate) fn link(origin: &str, secret: &str, id: &str, now: DateTime<Utc>) -> String {
    let until = (now + LINK_LIFE).timestamp();
    format!("{origin}/sim/lookaside/{id}?ext={until}&hash={}", seal(secret, id, until))
}

/// What a link gives.
pub(crate) fn download(meta: &Meta, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Answer, GraphRefusal> {
    let gone = || GraphRefusal::new(404, 100, "URL signature expired").details("Ask for the media id again");
    let until: i64 = request.query("ext").and_then(|text| text.parse().ok()).ok_or_else(gone)?;
    let sealed = seal(meta.app_secret.expose(), id, until);
    if now.timestamp() > until || !bool::from(sealed.as_bytes().ct_eq(request.query("hash").unwrap_or_default().as_bytes())) {
        return Err(gone());
    }
    let media = meta.media.get(id, now).ok_or_else(gone)?;
    token::for_media(meta, request, &media.number)?;
    Ok(Answer::File { mime_type: media.mime_type.clone(), bytes: media.bytes.clone() })
}

/// The file as the phone of a chat with this number shows it: no token, no link, for the page of this machine.
pub(crate) fn look(meta: &Meta, id: &str, now: DateTime<Utc>) -> Option<(PhoneNumberId, Answer)> {
    let media = meta.media.get(id, now)?;
    Some((media.number.clone(), Answer::File { mime_type: media.mime_type.clone(), bytes: media.bytes.clone() }))
}

fn seal(secret: &str, id: &str, until: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(format!("media {id} {until}").as_bytes());
    hex::encode(&mac.finalize().into_bytes()[..16])
}
