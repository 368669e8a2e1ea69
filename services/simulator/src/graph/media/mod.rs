//! Media: files that a number uploaded or received, found by id, fetched by a link that works for five minutes, gone after a while.
//!
//! Files are kept whole in memory, up to a limit; what a business uploads is looked into, what a person sends is not.

mod download;
mod inside;
mod remove;
mod show;
mod upload;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use whatsapp::PhoneNumberId;

pub(crate) use download::{download, link, look};
pub(super) use remove::remove;
pub(super) use show::show;
pub(super) use upload::upload;

use crate::Refused;

/// How long an uploaded file is kept, and one that a person sent.
const UPLOADED_LIFE: TimeDelta = TimeDelta::days(30);
const RECEIVED_LIFE: TimeDelta = TimeDelta::days(7);
/// Of all files together.
const BYTES_MAX: usize = 1024 * 1024 * 1024;
const FILES_MAX: usize = 200_000;

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    /// Whose it is: nobody else may use it.
    pub(crate) number: PhoneNumberId,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
    sha256: [u8; 32],
    until: DateTime<Utc>,
}

/// All files, by id.
#[derive(Debug, Default)]
pub(crate) struct Files {
    files: BTreeMap<String, Media>,
    bytes: usize,
}

/// Who brought a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Business,
    Person,
}

impl Files {
    /// Keeps a file; its id.
    pub(crate) fn keep(
        &mut self,
        number: &PhoneNumberId,
        mime_type: &str,
        bytes: Bytes,
        origin: Origin,
        now: DateTime<Utc>,
        dice: &mut StdRng,
    ) -> Result<String, Refused> {
        if self.bytes + bytes.len() > BYTES_MAX || self.files.len() >= FILES_MAX {
            self.forget_old(now);
        }
        if self.bytes + bytes.len() > BYTES_MAX {
            return Err(Refused::Full { what: "bytes of media", limit: BYTES_MAX });
        }
        if self.files.len() >= FILES_MAX {
            return Err(Refused::Full { what: "media", limit: FILES_MAX });
        }
        let id = dice.random_range(1_000_000_000_000_000_u64..9_999_999_999_999_999).to_string();
        let life = if origin == Origin::Business { UPLOADED_LIFE } else { RECEIVED_LIFE };
        let sha256 = Sha256::digest(&bytes).into();
        self.bytes += bytes.len();
        let media = Media { number: number.clone(), mime_type: mime_type.to_owned(), bytes, sha256, until: now + life };
        if let Some(before) = self.files.insert(id.clone(), media) {
            self.bytes -= before.bytes.len();
        }
        Ok(id)
    }

    /// The file, unless its time is over.
    pub(crate) fn get(&self, id: &str, now: DateTime<Utc>) -> Option<&Media> {
        self.files.get(id).filter(|media| now < media.until)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.files.contains_key(id)
    }

    pub(super) fn take(&mut self, id: &str) {
        if let Some(media) = self.files.remove(id) {
            self.bytes -= media.bytes.len();
        }
    }

    fn forget_old(&mut self, now: DateTime<Utc>) {
        self.files.retain(|_, media| now < media.until);
        self.bytes = self.files.values().map(|media| media.bytes.len()).sum();
    }
}

impl Media {
    /// As webhooks write it.
    pub(crate) fn sha256_base64(&self) -> String {
        STANDARD.encode(self.sha256)
    }

    fn sha256_hex(&self) -> String {
        hex::encode(self.sha256)
    }

    /// The object of it in a webhook; `origin` is where the link leads, if that is known.
    pub(crate) fn object(&self, id: &str, origin: Option<&str>, secret: &str, now: DateTime<Utc>) -> Map<String, Value> {
        let mut object = json!({"mime_type": self.mime_type, "sha256": self.sha256_base64(), "id": id});
        if let Some(origin) = origin {
            object["url"] = json!(link(origin, secret, id, now));
        }
        match object {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}
