//! Small real files that phones send when nobody chose one: they open in a viewer, and each copy differs from the others.

use bytes::Bytes;
use rand::{Rng, RngExt};

/// A file of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sample {
    Photo,
    Video,
    Voice,
    Audio,
    Document,
    Sticker,
}

impl Sample {
    pub(crate) fn mime_type(self) -> &'static str {
        match self {
            Self::Photo => "image/jpeg",
            Self::Video => "video/mp4",
            Self::Voice => "audio/ogg; codecs=opus",
            Self::Audio => "audio/mpeg",
            Self::Document => "application/pdf",
            Self::Sticker => "image/webp",
        }
    }

    /// The file with some bytes after its end, which every reader of these formats passes over.
    pub(crate) fn bytes(self, dice: &mut impl Rng) -> Bytes {
        let file: &[u8] = match self {
            Self::Photo => include_bytes!("sample/photo.jpg"),
            Self::Video => include_bytes!("sample/video.mp4"),
            Self::Voice => include_bytes!("sample/voice.ogg"),
            Self::Audio => include_bytes!("sample/audio.mp3"),
            Self::Document => include_bytes!("sample/document.pdf"),
            Self::Sticker => include_bytes!("sample/sticker.webp"),
        };
        let mark: [u8; 12] = dice.random();
        // An MP4 ends with boxes: a `free` one holds the mark. All others may be followed by anything.
        let head: &[u8] = if self == Self::Video { b"\0\0\0\x14free" } else { b"" };
        [file, head, &mark].concat().into()
    }
}
