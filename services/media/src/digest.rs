//! Digests of files: as Meta writes them, base64 in webhooks and hexadecimal in the history; as we write them, hexadecimal.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const DIGEST_BYTES: usize = 32;

/// SHA-256 of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest([u8; DIGEST_BYTES]);

impl Digest {
    /// Of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of what was written into `hasher`.
    pub(crate) fn finish(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// As Meta writes it, in either form; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text).ok()?,
            44 => STANDARD.decode(text).ok()?,
            _ => return None,
        };
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_of_metas_forms_are_the_same_digest() {
        let digest = Digest::of(b"hello");
        let hex = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(digest.to_hex(), hex);
        for form in [hex, &hex.to_uppercase(), "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="] {
            assert_eq!(Digest::parse(form), Some(digest), "{form}");
        }
        for none in ["", "x", &"z".repeat(64), &"=".repeat(44), &hex[..62]] {
            assert_eq!(Digest::parse(none), None, "{none}");
        }
    }
}
