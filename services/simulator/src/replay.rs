//! Bodies recorded elsewhere, signed as they are and posted.

use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whatsapp::PhoneNumberId;

use crate::Refused;

/// Files of one folder.
const FILES_MAX: usize = 10_000;
/// Meta's limit for one body.
const BODY_BYTES_MAX: u64 = 3 * 1024 * 1024;
const TIMES_MAX: u16 = 100;

/// What to replay: the `.json` files of a folder, or bodies given here.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// A folder on this machine; files are taken in the order of their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<String>,
    /// Put this number's id in the place of the one in the bodies; without it not a byte is touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub phone_number_id: Option<PhoneNumberId>,
    /// How often each body is sent, 1 to 100.
    #[serde(default = "once")]
    pub times: u16,
    /// Send them in a random order.
    #[serde(default)]
    pub shuffle: bool,
}

fn once() -> u16 {
    1
}

impl Replay {
    /// The bodies to send, in order.
    pub(crate) async fn read(&self) -> Result<Vec<Bytes>, Refused> {
        if !(1..=TIMES_MAX).contains(&self.times) {
            return Err(Refused::Invalid("times is 1 to 100".to_owned()));
        }
        let mut bodies: Vec<Vec<u8>> = self.bodies.iter().map(|body| body.clone().into_bytes()).collect();
        if let Some(folder) = &self.folder {
            bodies.extend(read_folder(Path::new(folder)).await?);
        }
        if bodies.is_empty() {
            return Err(Refused::Invalid("there is nothing to replay".to_owned()));
        }
        let bodies = bodies.into_iter().map(|body| Bytes::from(self.renumbered(body)));
        Ok(bodies.flat_map(|body| std::iter::repeat_n(body, self.times.into())).collect())
    }

    /// Replaces the id as text, so that everything else keeps its bytes.
    fn renumbered(&self, body: Vec<u8>) -> Vec<u8> {
        let (Some(new), Ok(text)) = (&self.phone_number_id, std::str::from_utf8(&body)) else { return body };
        let changes = whatsapp::split(&body).unwrap_or_default();
        let mut renumbered = text.to_owned();
        for old in changes.iter().filter_map(|change| change.phone_number_id.as_deref()) {
            renumbered = renumbered.replace(&format!("\"{old}\""), &format!("\"{new}\""));
        }
        renumbered.into_bytes()
    }
}

async fn read_folder(folder: &Path) -> Result<Vec<Vec<u8>>, Refused> {
    let failed = |error: std::io::Error| Refused::Invalid(format!("{}: {error}", folder.display()));
    let mut entries = tokio::fs::read_dir(folder).await.map_err(failed)?;
    let mut files = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(failed)? {
        if entry.path().extension().is_some_and(|extension| extension == "json") {
            files.push(entry.path());
        }
        if files.len() > FILES_MAX {
            return Err(Refused::TooLong { what: "folder", limit: FILES_MAX });
        }
    }
    files.sort();
    let mut bodies = Vec::with_capacity(files.len());
    for file in files {
        let length = tokio::fs::metadata(&file).await.map_err(failed)?.len();
        if length > BODY_BYTES_MAX {
            return Err(Refused::TooLong { what: "file", limit: BODY_BYTES_MAX as usize });
        }
        bodies.push(tokio::fs::read(&file).await.map_err(failed)?);
    }
    Ok(bodies)
}
