//! The header of a WebP file (RFC 9649 §2): how large the picture is, and whether it moves. The picture is not decoded.

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Webp {
    /// In pixels.
    pub(crate) width: u32,
    /// In pixels.
    pub(crate) height: u32,
    pub(crate) animated: bool,
}

/// The animation flag of an extended header.
const ANIMATED: u8 = 0b10;

impl Webp {
    /// Reads the first bytes of a file; `None` if they are no WebP header.
    pub(crate) fn read(head: &[u8]) -> Option<Self> {
        if !head.starts_with(b"RIFF") || head.get(8..12)? != b"WEBP" {
            return None;
        }
        let chunk = head.get(20..)?;
        match head.get(12..16)? {
            b"VP8X" => {
                let side = |at: usize| Some(u32::from_le_bytes([*chunk.get(at)?, *chunk.get(at + 1)?, *chunk.get(at + 2)?, 0]) + 1);
                Some(Self { width: side(4)?, height: side(7)?, animated: chunk.first()? & ANIMATED != 0 })
            }
            b"VP8L" => {
                // One byte of signature, then 14 bits for each side, less one.
                let bits = u32::from_le_bytes(chunk.get(1..5)?.try_into().ok()?);
                let side = |shift: u32| (bits >> shift & 0x3fff) + 1;
                (*chunk.first()? == 0x2f).then(|| Self { width: side(0), height: side(14), animated: false })
            }
            b"VP8 " => {
                // Three bytes of frame tag, the start code, then 14 bits for each side.
                let side = |at: usize| Some(u32::from(u16::from_le_bytes([*chunk.get(at)?, *chunk.get(at + 1)?]) & 0x3fff));
                (chunk.get(3..6)? == b"\x9d\x01\x2a").then_some(())?;
                Some(Self { width: side(6)?, height: side(8)?, animated: false })
            }
            _ => None,
        }
    }
}

/// An extended header, for tests.
#[cfg(test)]
pub(crate) fn header(width: u32, height: u32, animated: bool) -> Vec<u8> {
    let flags = if animated { ANIMATED } else { 0 };
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    [&b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0"[..], &[flags, 0, 0, 0], &side(width), &side(height)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_three_headers_is_read() {
        assert_eq!(Webp::read(&header(512, 300, true)), Some(Webp { width: 512, height: 300, animated: true }));
        let lossless = [&b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f"[..], &(511_u32 | 299 << 14).to_le_bytes()].concat();
        assert_eq!(Webp::read(&lossless), Some(Webp { width: 512, height: 300, animated: false }));
        let lossy = [&b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\x30\x01\0\x9d\x01\x2a\0\x02\x2c\x01"[..], &[0; 8]].concat();
        assert_eq!(Webp::read(&lossy), Some(Webp { width: 512, height: 300, animated: false }));
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_none() {
        let whole = header(512, 512, false);
        for end in 0..whole.len() {
            assert_eq!(Webp::read(&whole[..end]), None, "{end}");
        }
        assert_eq!(Webp::read(b"RIFF\x16\0\0\0WAVEVP8X\x0a\0\0\0aaaaaaaaaaaa"), None);
        assert_eq!(Webp::read(b"RIFF\x16\0\0\0WEBPALPH\x0a\0\0\0aaaaaaaaaaaa"), None);
    }
}
