//! The installation's one key, from which every other key and every derived password comes.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::KEY_BYTES;

/// The installation's key; after a rotation also the one before it, which opens what was wrapped earlier and wraps nothing.
#[derive(Clone)]
pub struct MasterKey {
    current: Zeroizing<[u8; KEY_BYTES]>,
    previous: Option<Zeroizing<[u8; KEY_BYTES]>>,
}

/// A text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 64 hexadecimal digits, not all of them 0")]
pub struct MasterKeyError;

impl FromStr for MasterKey {
    type Err = MasterKeyError;

    fn from_str(text: &str) -> Result<Self, MasterKeyError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        hex::decode_to_slice(text, key.as_mut_slice()).map_err(|_| MasterKeyError)?;
        if *key == [0; KEY_BYTES] { Err(MasterKeyError) } else { Ok(Self { current: key, previous: None }) }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl MasterKey {
    /// This key, and data keys that were wrapped by `previous` open too.
    #[must_use]
    pub fn with_previous(mut self, previous: Self) -> Self {
        self.previous = Some(previous.current);
        self
    }

    /// 32 bytes that belong to `purpose` and `about` alone, and always the same: HMAC-SHA256 of the two, one after the other. `about`
    /// is an id whose prefix no purpose ends in, so that no two pairs are the same text. Published: passwords are derived so.
    pub fn derive(&self, purpose: &str, about: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        keyed(&self.current, purpose, about)
    }

    /// The same of the key before, after a rotation.
    pub(crate) fn derive_previous(&self, purpose: &str, about: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
        self.previous.as_ref().map(|key| keyed(key, purpose, about))
    }
}

fn keyed(key: &[u8; KEY_BYTES], purpose: &str, about: &str) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(purpose.as_bytes());
    mac.update(about.as_bytes());
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_key_is_refused_and_a_key_is_never_printed() {
        for text in ["", "0b", &"0".repeat(64), &"x".repeat(64), &"0b".repeat(33)] {
            assert_eq!(text.parse::<MasterKey>().err(), Some(MasterKeyError), "{text}");
        }
        assert_eq!(format!("{:?}", "0b".repeat(32).parse::<MasterKey>().unwrap()), "[redacted]");
    }

    #[test]
    fn what_is_derived_never_changes() {
        // Computed by another program: passwords in use hang on it.
        let key: MasterKey = "0b".repeat(32).parse().unwrap();
        let derived = hex::encode(*key.derive("bot-role", "prj_00000000000000000000000001"));
        assert_eq!(derived, "a2633ce6ec339f5eef6436a0db4e9a8e1a072af002461d831608a28c31571ff2");
        assert_ne!(*key.derive("bot-role", "prj_00000000000000000000000002"), *key.derive("bot-role", "prj_00000000000000000000000001"));
    }
}
