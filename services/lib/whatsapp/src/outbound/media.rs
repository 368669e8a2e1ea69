//! Files: by Meta's id or by a link that Meta fetches. What each kind may be and how large (reference: Meta's "Media" page).

use crate::strict::{LINK_MAX, Node, Object};

const CAPTION_MAX: usize = 1024;
/// What file systems take.
const FILENAME_MAX: usize = 255;
/// Meta's ids are digits; ours, which are exchanged for Meta's when the message is sent, are longer.
const ID_MAX: usize = 128;

/// What a voice note is.
const VOICE_TYPE: &str = "audio/ogg";
const VOICE_CODEC: &str = "opus";

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Which kind of file. The name is Meta's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    Audio,
    Image,
    Video,
    Document,
    Sticker,
}

impl MediaKind {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Audio, Self::Image, Self::Video, Self::Document, Self::Sticker];

    /// As Meta spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    /// `None` if Meta has no such kind.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The largest file Meta takes. For stickers that of the animated ones; a static one has 100 KB, which its bytes must tell.
    pub fn bytes_max(self) -> u64 {
        match self {
            Self::Audio | Self::Video => 16 * MIB,
            Self::Image => 5 * MIB,
            Self::Document => 100 * MIB,
            Self::Sticker => 500 * KIB,
        }
    }

    /// Whether Meta takes files of this MIME type. Case does not matter, nor do parameters, but that of Ogg: it must hold Opus, and may be that
    /// where it does not say.
    pub fn takes(self, mime: &str) -> bool {
        let essence = essence(mime);
        self.mime_types().contains(&essence.as_str()) && (essence != VOICE_TYPE || may_hold_opus(mime))
    }

    /// Whether Meta plays files of this MIME type as a voice note (`"voice": true`): Ogg with Opus.
    pub fn voices(self, mime: &str) -> bool {
        self.takes(mime) && essence(mime) == VOICE_TYPE
    }

    /// All MIME types that Meta takes for it.
    pub fn mime_types(self) -> &'static [&'static str] {
        match self {
            Self::Audio => &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
            Self::Image => &["image/jpeg", "image/png"],
            Self::Video => &["video/mp4", "video/3gpp"],
            Self::Document => &[
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.ms-excel",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "application/vnd.ms-powerpoint",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            ],
            Self::Sticker => &["image/webp"],
        }
    }
}

/// Without its parameters.
fn essence(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What its `codecs` says, if there is one.
fn may_hold_opus(mime: &str) -> bool {
    let mut parameters = mime.split(';').skip(1).map(|parameter| parameter.trim().to_ascii_lowercase());
    let codecs = parameters.find_map(|parameter| parameter.strip_prefix("codecs=").map(|codecs| codecs.trim_matches('"').to_owned()));
    codecs.is_none_or(|codecs| codecs == VOICE_CODEC)
}

/// As the content of a message.
pub(super) fn check(media: &Node<'_>, kind: MediaKind) {
    let Some(object) = media.object() else { return };
    file(&object);
    match kind {
        MediaKind::Image | MediaKind::Video => caption(&object),
        MediaKind::Document => {
            caption(&object);
            filename(&object);
        }
        MediaKind::Audio => {
            if let Some(voice) = object.optional("voice") {
                voice.flag();
            }
        }
        MediaKind::Sticker => {}
    }
}

/// In a header or as a parameter: no caption.
pub(super) fn check_bare(media: &Node<'_>, kind: MediaKind) {
    let Some(object) = media.object() else { return };
    file(&object);
    if kind == MediaKind::Document {
        filename(&object);
    }
}

/// On a card of a carousel: Meta takes a link only.
pub(super) fn check_linked(media: &Node<'_>) {
    let Some(object) = media.object() else { return };
    object.forbidden("id", "must be left out: a card's file is given by its link");
    if let Some(link) = object.required("link") {
        link.link(LINK_MAX);
    }
}

fn file(object: &Object<'_>) {
    let (id, link) = object.either("id", "link");
    if let Some(id) = id {
        id.token(ID_MAX);
    }
    if let Some(link) = link {
        link.link(LINK_MAX);
    }
}

fn caption(object: &Object<'_>) {
    if let Some(caption) = object.optional("caption") {
        caption.prose(CAPTION_MAX);
    }
}

fn filename(object: &Object<'_>) {
    if let Some(filename) = object.optional("filename") {
        filename.line(FILENAME_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mime_types_are_compared_without_their_parameters_but_what_ogg_holds() {
        for (kind, mime, takes) in [
            (MediaKind::Audio, "audio/ogg; codecs=opus", true),
            (MediaKind::Audio, "audio/ogg; codecs=vorbis", false),
            (MediaKind::Audio, "audio/ogg; codecs=\"opus,vorbis\"", false),
            (MediaKind::Audio, "audio/mp4; codecs=\"mp4a.40.2\"", true),
            (MediaKind::Document, "text/plain; charset=utf-8", true),
            (MediaKind::Audio, "AUDIO/OGG", true),
            (MediaKind::Audio, "audio/wav", false),
            (MediaKind::Image, "image/png", true),
            (MediaKind::Image, "image/webp", false),
            (MediaKind::Sticker, "image/webp", true),
            (MediaKind::Document, "application/pdf", true),
            (MediaKind::Document, "application/zip", false),
            (MediaKind::Video, "", false),
        ] {
            assert_eq!(kind.takes(mime), takes, "{kind:?} {mime}");
        }
    }

    #[test]
    fn a_voice_note_is_ogg_with_opus() {
        for (kind, mime, voices) in [
            (MediaKind::Audio, "audio/ogg", true),
            (MediaKind::Audio, "Audio/Ogg; codecs=opus", true),
            (MediaKind::Audio, "audio/ogg;codecs=\"opus\"", true),
            (MediaKind::Audio, "audio/ogg; codecs=vorbis", false),
            (MediaKind::Audio, "audio/mpeg", false),
            (MediaKind::Audio, "audio/mp4; codecs=opus", false),
            (MediaKind::Video, "audio/ogg", false),
        ] {
            assert_eq!(kind.voices(mime), voices, "{kind:?} {mime}");
        }
    }

    #[test]
    fn a_kind_is_found_by_its_name() {
        for kind in MediaKind::ALL {
            assert_eq!(MediaKind::parse(kind.name()), Some(kind));
            assert!(kind.mime_types().iter().all(|mime| kind.takes(mime)));
        }
        assert_eq!(MediaKind::parse("gif"), None);
    }
}
