//! What Meta finds when it looks into a file that is uploaded (reference: Meta's "Media" page and code 131053).
//!
//! The table is this module's own: it shares nothing with what is tested against it, so that a limit that is wrong there is refused here.
//! Codecs in containers are not looked for, but for Opus in Ogg.

use super::super::GraphRefusal;

const KB: usize = 1024;
const MB: usize = 1024 * KB;
const STICKER_SIDE: u32 = 512;
const STILL_STICKER_BYTES_MAX: usize = 100 * KB;
const OTHER: &str = "its content is something else";

type Look = fn(&[u8]) -> Result<(), &'static str>;

/// MIME type, the most bytes, and what they must be.
const TYPES: [(&str, usize, Look); 18] = [
    ("audio/aac", 16 * MB, aac),
    ("audio/amr", 16 * MB, amr),
    ("audio/mpeg", 16 * MB, mpeg),
    ("audio/mp4", 16 * MB, iso),
    ("audio/ogg", 16 * MB, ogg),
    ("image/jpeg", 5 * MB, jpeg),
    ("image/png", 5 * MB, png),
    ("video/mp4", 16 * MB, iso),
    ("video/3gpp", 16 * MB, iso),
    ("image/webp", 500 * KB, sticker),
    ("text/plain", 100 * MB, text),
    ("application/pdf", 100 * MB, pdf),
    ("application/msword", 100 * MB, old_office),
    ("application/vnd.ms-excel", 100 * MB, old_office),
    ("application/vnd.ms-powerpoint", 100 * MB, old_office),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", 100 * MB, office),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 100 * MB, office),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", 100 * MB, office),
];

/// Looks into a file of this type, which is without parameters and in lower case.
pub(super) fn check(mime: &str, bytes: &[u8]) -> Result<(), GraphRefusal> {
    let Some((_, bytes_max, look)) = TYPES.iter().find(|(known, _, _)| *known == mime) else {
        let types = format!("Param file must be a file with one of the types that messages can have. Received file of type '{mime}'.");
        return Err(GraphRefusal::invalid(&types));
    };
    let unfit = |details: &str| GraphRefusal::message(131_053, "Media upload error", details);
    if bytes.is_empty() || bytes.len() > *bytes_max {
        return Err(unfit(&format!("The file has {} bytes; this type has 1 to {bytes_max}", bytes.len())));
    }
    look(bytes).map_err(|what| unfit(&format!("The file is said to be {mime}: {what}")))
}

fn begins(bytes: &[u8], head: &[u8]) -> Result<(), &'static str> {
    if bytes.starts_with(head) { Ok(()) } else { Err(OTHER) }
}

/// Frames of ADTS, an ADIF header, or tags before either.
fn aac(bytes: &[u8]) -> Result<(), &'static str> {
    match bytes {
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Ok(()),
        [b'A', b'D', b'I', b'F', ..] | [b'I', b'D', b'3', ..] => Ok(()),
        _ => Err(OTHER),
    }
}

fn amr(bytes: &[u8]) -> Result<(), &'static str> {
    begins(bytes, b"#!AMR")
}

/// Frames of one of the three layers, or tags before them.
fn mpeg(bytes: &[u8]) -> Result<(), &'static str> {
    match bytes {
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 => Ok(()),
        [b'I', b'D', b'3', ..] => Ok(()),
        _ => Err(OTHER),
    }
}

/// MP4 and 3GPP: the first box says so.
fn iso(bytes: &[u8]) -> Result<(), &'static str> {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Ok(()),
        _ => Err(OTHER),
    }
}

/// The first page holds 27 bytes, the last of which counts segments, a length for each segment, and the header of the stream.
fn ogg(bytes: &[u8]) -> Result<(), &'static str> {
    begins(bytes, b"OggS")?;
    let (page, rest) = bytes.split_at_checked(27).ok_or(OTHER)?;
    let stream = rest.get(usize::from(page[26])..).ok_or(OTHER)?;
    match stream.strip_prefix(b"OpusHead") {
        Some([_version, 1, ..]) => Ok(()),
        Some(_) => Err("its sound has other than one channel"),
        None => Err("its sound is not Opus"),
    }
}

fn jpeg(bytes: &[u8]) -> Result<(), &'static str> {
    begins(bytes, b"\xff\xd8\xff")
}

/// The first chunk holds width and height, then bits and colours.
fn png(bytes: &[u8]) -> Result<(), &'static str> {
    let first = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR").ok_or(OTHER)?;
    match first {
        [_, _, _, _, _, _, _, _, 8, 2 | 6, ..] => Ok(()),
        _ => Err("it is not of 8 bits, RGB or RGBA"),
    }
}

fn sticker(bytes: &[u8]) -> Result<(), &'static str> {
    let (width, height, moves) = webp(bytes).ok_or(OTHER)?;
    if (width, height) != (STICKER_SIDE, STICKER_SIDE) {
        return Err("it is not of 512 by 512 pixels");
    }
    if !moves && bytes.len() > STILL_STICKER_BYTES_MAX {
        return Err("it does not move and has more than 100 KB");
    }
    Ok(())
}

/// Width, height, and whether it moves.
fn webp(bytes: &[u8]) -> Option<(u32, u32, bool)> {
    let number = |low: u8, middle: u8, high: u8| u32::from_le_bytes([low, middle, high, 0]);
    let chunk = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    match (chunk.get(..4)?, chunk.get(8..)?) {
        (b"VP8X", [flags, _, _, _, w1, w2, w3, h1, h2, h3, ..]) => {
            Some((number(*w1, *w2, *w3) + 1, number(*h1, *h2, *h3) + 1, flags & 2 == 2))
        }
        (b"VP8L", [0x2f, b1, b2, b3, b4, ..]) => {
            let sides = u32::from_le_bytes([*b1, *b2, *b3, *b4]);
            Some(((sides & 0x3fff) + 1, ((sides >> 14) & 0x3fff) + 1, false))
        }
        (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, w1, w2, h1, h2, ..]) => Some((number(*w1, w2 & 0x3f, 0), number(*h1, h2 & 0x3f, 0), false)),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Result<(), &'static str> {
    if bytes.contains(&0) { Err(OTHER) } else { Ok(()) }
}

fn pdf(bytes: &[u8]) -> Result<(), &'static str> {
    begins(bytes, b"%PDF-")
}

fn office(bytes: &[u8]) -> Result<(), &'static str> {
    begins(bytes, b"PK\x03\x04")
}

fn old_office(bytes: &[u8]) -> Result<(), &'static str> {
    begins(bytes, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::sample::Sample;

    fn refused(mime: &str, bytes: &[u8]) -> Option<i64> {
        check(mime, bytes).err().map(|refusal| refusal.code)
    }

    fn filled(head: &[u8], size: usize) -> Vec<u8> {
        let mut bytes = head.to_vec();
        bytes.resize(size, 0);
        bytes
    }

    fn png_of(bits: u8, colours: u8) -> Vec<u8> {
        [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01"[..], &[bits, colours, 0, 0, 0]].concat()
    }

    fn ogg_of(stream: &[u8]) -> Vec<u8> {
        [&b"OggS"[..], &[0; 22], &[1, 19], stream].concat()
    }

    fn webp_of(flags: u8, width: u16, height: u16) -> Vec<u8> {
        let ([w1, w2], [h1, h2]) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
        [&b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0"[..], &[flags, 0, 0, 0, w1, w2, 0, h1, h2, 0]].concat()
    }

    #[test]
    fn what_phones_send_is_what_it_says() {
        let mut dice = StdRng::seed_from_u64(1);
        let container = |mime: &str| matches!(mime, "audio/mp4" | "video/mp4" | "video/3gpp");
        let all = [Sample::Photo, Sample::Video, Sample::Voice, Sample::Audio, Sample::Document, Sample::Sticker];
        for (sample, mime) in all.into_iter().zip(["image/jpeg", "video/mp4", "audio/ogg", "audio/mpeg", "application/pdf", "image/webp"]) {
            let bytes = sample.bytes(&mut dice);
            assert_eq!(refused(mime, &bytes), None, "{mime}");
            // Nearly everything is a text, and MP4 a container for sound and pictures.
            let differs = |other: &str| other != mime && other != "text/plain" && !(container(other) && container(mime));
            for (other, _, _) in TYPES.iter().filter(|(other, _, _)| differs(other)) {
                assert_eq!(refused(other, &bytes), Some(131_053), "{mime} is no {other}");
            }
        }
    }

    #[test]
    fn a_type_has_its_size() {
        for (mime, head, most) in [
            ("image/jpeg", &b"\xff\xd8\xff"[..], 5_242_880),
            ("image/png", &png_of(8, 6), 5_242_880),
            ("audio/aac", b"\xff\xf1", 16_777_216),
            ("video/mp4", b"\0\0\0\x18ftypmp42", 16_777_216),
            ("audio/ogg", &ogg_of(b"OpusHead\x01\x01"), 16_777_216),
            ("application/pdf", b"%PDF-", 104_857_600),
            ("image/webp", &webp_of(0, 512, 512), 102_400),
            ("image/webp", &webp_of(2, 512, 512), 512_000),
        ] {
            assert_eq!(refused(mime, &filled(head, most)), None, "{mime}");
            assert_eq!(refused(mime, &filled(head, most + 1)), Some(131_053), "{mime}");
            assert_eq!(refused(mime, b""), Some(131_053), "{mime}");
        }
        assert_eq!(refused("image/gif", b"GIF89a"), Some(100));
    }

    #[test]
    fn a_file_is_as_meta_shows_and_plays_it() {
        for (mime, bytes, fits) in [
            ("image/png", png_of(8, 2), true),
            ("image/png", png_of(16, 2), false),
            ("image/png", png_of(8, 3), false),
            ("audio/ogg", ogg_of(b"OpusHead\x01\x02"), false),
            ("audio/ogg", ogg_of(b"\x01vorbis"), false),
            ("audio/ogg", b"OggS".to_vec(), false),
            ("image/webp", webp_of(0, 512, 511), false),
            ("image/webp", webp_of(2, 256, 512), false),
            ("image/webp", b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\xff\xc1\x7f\0".to_vec(), true),
            ("image/webp", b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\0\x02\0\x02".to_vec(), true),
            ("image/webp", b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\0\x02\0\x01".to_vec(), false),
            ("text/plain", b"a\0b".to_vec(), false),
            ("audio/mpeg", b"ID3\x04".to_vec(), true),
        ] {
            assert_eq!(refused(mime, &bytes), (!fits).then_some(131_053), "{mime} {bytes:?}");
        }
    }
}
