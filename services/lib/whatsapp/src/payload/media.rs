//! A file that Meta keeps for us: image, video, audio, document or sticker.

use crate::lenient::Object;

/// Ids from webhooks live 7 days, the url 5 minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Meta's media id, to fetch it with.
    pub id: String,
    pub mime_type: Option<String>,
    /// Base64 of the file's SHA-256.
    pub sha256: Option<String>,
    /// Since November 2025.
    pub url: Option<String>,
    pub caption: Option<String>,
    /// Documents only, as the sender named it: it may look like a path.
    pub filename: Option<String>,
    /// Audio only: recorded in the chat.
    pub voice: Option<bool>,
    /// Stickers only.
    pub animated: Option<bool>,
}

impl Media {
    /// `None` without an id: then there is nothing to fetch.
    pub(crate) fn read(media: &Object<'_>) -> Option<Self> {
        Some(Self {
            id: media.string("id").filter(|id| !id.is_empty())?,
            mime_type: media.string("mime_type"),
            sha256: media.string("sha256"),
            url: media.string("url"),
            caption: media.string("caption"),
            filename: media.string("filename"),
            voice: media.flag("voice"),
            animated: media.flag("animated"),
        })
    }
}
