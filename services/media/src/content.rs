//! Whether bytes are what their type says, as far as their first ones tell. It keeps honest mistakes from being refused by Meta later, when
//! nobody looks any more; it does not decode a file, and is no guard against one that was made to deceive.

use whatsapp::MediaKind;

use crate::label::essence;
use crate::webp::Webp;

/// How much of a file is looked at.
pub(crate) const HEAD_BYTES: usize = 512;
/// Both sides of a sticker, in pixels.
const STICKER_SIDE: u32 = 512;
/// The largest sticker that does not move, in bytes.
const STATIC_STICKER_BYTES_MAX: u64 = 100 * 1024;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the file is empty")]
    Empty,
    #[error("the bytes are no {0}")]
    OtherType(String),
    #[error("{0}")]
    Unfit(&'static str),
}

/// Looks at the first bytes of a file of `size_bytes`, said to be of `mime`.
pub(crate) fn check(kind: MediaKind, mime: &str, head: &[u8], size_bytes: u64) -> Result<(), Fault> {
    if size_bytes == 0 {
        return Err(Fault::Empty);
    }
    let mime = essence(mime).to_ascii_lowercase();
    let begins = |magic: &[u8]| head.starts_with(magic);
    let fits = match mime.as_str() {
        "image/jpeg" => begins(b"\xff\xd8\xff"),
        "image/png" => begins(b"\x89PNG\r\n\x1a\n"),
        "image/webp" => begins(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        "application/pdf" => begins(b"%PDF-"),
        "audio/ogg" => begins(b"OggS"),
        "audio/amr" => begins(b"#!AMR"),
        "video/mp4" | "audio/mp4" | "video/3gpp" => head.get(4..8) == Some(b"ftyp"),
        office if office.starts_with("application/vnd.openxmlformats-") => begins(b"PK\x03\x04"),
        "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint" => begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        "text/plain" => !head.contains(&0),
        // Streams of frames that may begin in many ways.
        _ => true,
    };
    if !fits {
        return Err(Fault::OtherType(mime));
    }
    match (kind, mime.as_str()) {
        (MediaKind::Image, "image/png") => png(head),
        (MediaKind::Audio, "audio/ogg") => opus(head),
        (MediaKind::Sticker, _) => sticker(head, size_bytes),
        (MediaKind::Audio | MediaKind::Image | MediaKind::Video | MediaKind::Document, _) => Ok(()),
    }
}

/// 8 bits, RGB or RGBA: bytes 24 and 25 of the header (PNG §11.2.1).
fn png(head: &[u8]) -> Result<(), Fault> {
    match head.get(24..26) {
        Some([8, 2 | 6]) => Ok(()),
        Some(_) | None => Err(Fault::Unfit("a PNG must have 8 bits for each of its channels, RGB or RGBA")),
    }
}

/// Opus with one channel: the first page's body is its header (RFC 7845 §5.1).
fn opus(head: &[u8]) -> Result<(), Fault> {
    let body = head.get(26).and_then(|segments| head.get(27 + usize::from(*segments)..)).unwrap_or_default();
    match (body.starts_with(b"OpusHead"), body.get(9)) {
        (true, Some(1)) => Ok(()),
        (true, Some(_) | None) => Err(Fault::Unfit("an Ogg file must have one channel")),
        (false, _) => Err(Fault::Unfit("an Ogg file must hold Opus")),
    }
}

fn sticker(head: &[u8], size_bytes: u64) -> Result<(), Fault> {
    let Some(webp) = Webp::read(head) else { return Err(Fault::OtherType("image/webp".to_owned())) };
    if (webp.width, webp.height) != (STICKER_SIDE, STICKER_SIDE) {
        return Err(Fault::Unfit("a sticker must have 512 by 512 pixels"));
    }
    if !webp.animated && size_bytes > STATIC_STICKER_BYTES_MAX {
        return Err(Fault::Unfit("a sticker that does not move must have at most 100 KiB"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn checked(mime: &str, head: &[u8]) -> Result<(), Fault> {
        let kind = MediaKind::ALL.into_iter().find(|kind| kind.takes(mime)).expect("Meta takes it");
        check(kind, mime, head, 10_000)
    }

    fn png_head(depth: u8, colour: u8) -> Vec<u8> {
        [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01"[..], &[depth, colour, 0, 0, 0]].concat()
    }

    fn ogg(codec: &[u8], channels: u8) -> Vec<u8> {
        [&b"OggS"[..], &[0; 22], &[1, 19], codec, &[1, channels]].concat()
    }

    #[test]
    fn bytes_are_what_their_type_says() {
        for (mime, good) in [
            ("image/jpeg", b"\xff\xd8\xff\xe0".to_vec()),
            ("image/png", png_head(8, 2)),
            ("image/png", png_head(8, 6)),
            ("application/pdf", b"%PDF-1.7".to_vec()),
            ("audio/ogg; codecs=opus", ogg(b"OpusHead", 1)),
            ("video/mp4", b"\0\0\0\x18ftypmp42".to_vec()),
            ("Audio/MP4", b"\0\0\0\x18ftypM4A ".to_vec()),
            ("text/plain", b"hello".to_vec()),
            ("audio/mpeg", b"ID3".to_vec()),
            ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ] {
            assert_eq!(checked(mime, &good), Ok(()), "{mime}");
        }
        for (mime, bad) in [
            ("image/jpeg", &b"\x89PNG"[..]),
            ("image/png", b"\x89PNG\r\n\x1a\n"),
            ("image/webp", b"RIFF\0\0\0\0WAVE"),
            ("application/pdf", b"<html>"),
            ("audio/ogg", b"OggS"),
            ("video/mp4", b"ftyp"),
            ("text/plain", b"a\0b"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"<html>"),
            ("application/msword", b"PK\x03\x04"),
            ("audio/amr", b""),
        ] {
            assert!(checked(mime, bad).is_err(), "{mime}");
        }
        assert_eq!(check(MediaKind::Document, "text/plain", b"", 0), Err(Fault::Empty));
    }

    #[test]
    fn what_meta_refuses_later_is_refused_now() {
        assert!(matches!(checked("image/png", &png_head(16, 2)), Err(Fault::Unfit(_))));
        assert!(matches!(checked("image/png", &png_head(8, 3)), Err(Fault::Unfit(_))));
        assert!(matches!(checked("audio/ogg", &ogg(b"OpusHead", 2)), Err(Fault::Unfit(_))));
        assert!(matches!(checked("audio/ogg", &ogg(b"\x01vorbis_", 1)), Err(Fault::Unfit(_))));
        assert!(matches!(checked("audio/ogg", &[&b"OggS"[..], &[0; 22], &[255]].concat()), Err(Fault::Unfit(_))));
    }

    #[test]
    fn a_sticker_has_its_size() {
        let sticker =
            |width, height, animated, bytes| check(MediaKind::Sticker, "image/webp", &crate::webp::header(width, height, animated), bytes);
        assert_eq!(sticker(512, 512, false, 100 * 1024), Ok(()));
        assert_eq!(sticker(512, 512, true, 500 * 1024), Ok(()));
        assert!(sticker(512, 512, false, 100 * 1024 + 1).is_err());
        assert!(sticker(512, 511, true, 100).is_err());
        assert!(check(MediaKind::Sticker, "image/webp", b"RIFF\0\0\0\0WEBPjunk", 100).is_err());
    }
}
