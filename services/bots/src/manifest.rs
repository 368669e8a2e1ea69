//! Which files a version has. Its digest is the version, so its bytes are the same wherever it is written.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::file_path::FilePath;

const DIGEST_BYTES: usize = 32;

/// SHA-256, in lower-case hexadecimal: of a file's bytes, or of a manifest, which is a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Digest(String);

/// A text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hexadecimal digits")]
pub(crate) struct DigestError;

/// One file of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) sha256: Digest,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) mode: Mode,
}

/// Permissions of a file, as git writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    #[serde(rename = "100644")]
    Plain,
    #[serde(rename = "100755")]
    Executable,
}

/// The files of a version, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) files: BTreeMap<FilePath, Entry>,
}

impl Digest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let mut bytes = [0; DIGEST_BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| DigestError)?;
        // Only one text names a digest.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) { Err(DigestError) } else { Ok(Self(text.to_owned())) }
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Manifest {
    /// Its bytes: paths in order, no white space.
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a map of texts and numbers is always json")
    }

    /// What it is called: the version.
    pub(crate) fn version(&self) -> Digest {
        Digest::of(&self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: &[u8], mode: Mode) -> Entry {
        Entry { sha256: Digest::of(bytes), size: bytes.len() as u64, mode }
    }

    #[test]
    fn a_version_is_the_same_for_the_same_files_for_ever() {
        let files = [("b.js", entry(b"", Mode::Executable)), ("a.js", entry(b"1", Mode::Plain))];
        let manifest = Manifest { files: files.into_iter().map(|(path, entry)| (path.parse().unwrap(), entry)).collect() };
        let bytes = manifest.encode();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            r#"{"files":{"a.js":{"sha256":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b","size":1,"mode":"100644"},"b.js":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0,"mode":"100755"}}}"#
        );
        assert_eq!(serde_json::from_slice::<Manifest>(&bytes).unwrap(), manifest);
        assert_ne!(manifest.version(), Manifest::default().version());
    }

    #[test]
    fn a_digest_has_one_text() {
        let digest = Digest::of(b"x").to_string();
        assert!(digest.parse::<Digest>().is_ok());
        for bad in ["", &digest.to_uppercase(), &digest[1..], &format!("{digest}0"), &digest.replace(&digest[..1], "g")] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
