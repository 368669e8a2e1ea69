//! The photo of a profile: an image in the request, a handle at Meta.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::Problem;
use whatsapp::graph::{Error, FileType};

use super::asking::Asking;
use crate::number::meta;

/// Largest photo, in bytes.
pub(super) const PHOTO_BYTES_MAX: usize = 5 * 1024 * 1024;

/// An image that Meta takes.
#[derive(Debug, Clone)]
pub(super) struct Photo {
    bytes: Vec<u8>,
    kind: FileType,
}

impl Photo {
    /// Reads base64; what is wrong with it, otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > PHOTO_BYTES_MAX.div_ceil(3) * 4 {
            return Err("a photo has at most 5 MiB");
        }
        let bytes = STANDARD.decode(text).map_err(|_| "a photo is base64 with padding")?;
        if bytes.len() > PHOTO_BYTES_MAX {
            return Err("a photo has at most 5 MiB");
        }
        let kind = FileType::of_image(&bytes).ok_or("a photo is JPEG or PNG")?;
        Ok(Self { bytes, kind })
    }

    /// Sends it to Meta; an upload that breaks off goes on once from where Meta has it.
    pub(super) async fn upload(self, asking: &Asking<'_>) -> Result<String, Problem> {
        let Asking { graph, token, .. } = asking;
        let told = |error: Error| meta::problem(&error);
        let name = if self.kind == FileType::Png { "photo.png" } else { "photo.jpg" };
        let upload = graph.start_upload(token, name, self.bytes.len(), self.kind).await.map_err(told)?;
        match graph.send_upload(token, &upload, self.bytes.clone(), 0).await {
            Err(error) if error.ambiguous() => {
                let offset = graph.upload_offset(token, &upload).await.map_err(told)?;
                let rest = usize::try_from(offset).ok().and_then(|offset| self.bytes.get(offset..)).unwrap_or_default().to_vec();
                graph.send_upload(token, &upload, rest, offset).await.map_err(told)
            }
            sent => sent.map_err(told),
        }
    }
}
