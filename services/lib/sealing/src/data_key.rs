//! A project's own key.

use std::fmt;

use chacha20poly1305::aead::Generate;
use contract::ProjectId;
use zeroize::Zeroizing;

use crate::envelope;
use crate::{Error, KEY_BYTES, MasterKey, Opened};

/// What the keys that wrap data keys are derived for.
const WRAP: &str = "data-key-wrap";
/// What sealed secrets are for, before their own context.
const SECRET: &str = "secret";

/// The key under which a project's secrets are sealed. Never printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl DataKey {
    /// A new key, from the operating system's randomness.
    #[must_use]
    pub fn random() -> Self {
        Self(Zeroizing::new(Generate::generate()))
    }

    /// The key as it may be kept: opened by the same master key, for the same project alone.
    pub fn wrap(&self, master: &MasterKey, project: ProjectId) -> String {
        let project = project.to_string();
        envelope::seal(&master.derive(WRAP, &project), &[WRAP, &project], &*self.0)
    }

    /// Opens what [`DataKey::wrap`] made. After a rotation the previous master key opens too: wrap it anew when it is written next.
    ///
    /// # Errors
    /// [`Error::Closed`]: changed, of another project, or wrapped by a master key that is not known here.
    pub fn unwrap(wrapped: &str, master: &MasterKey, project: ProjectId) -> Result<Self, Error> {
        let project = project.to_string();
        let purpose = [WRAP, project.as_str()];
        let current = envelope::open(&master.derive(WRAP, &project), &purpose, wrapped);
        let opened = match (current, master.derive_previous(WRAP, &project)) {
            (Err(Error::Closed), Some(previous)) => envelope::open(&previous, &purpose, wrapped)?,
            (opened, _) => opened?,
        };
        let key = opened.as_slice().try_into().map_err(|_| Error::Content)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// Seals `plaintext`. `context` says what it is, such as `number_token/<phone number id>`: it opens as nothing else.
    pub fn seal(&self, context: &str, plaintext: &[u8]) -> String {
        envelope::seal(&self.0, &[SECRET, context], plaintext)
    }

    /// Opens what [`DataKey::seal`] made for the same `context`.
    ///
    /// # Errors
    /// [`Error::Version`] and [`Error::Form`]: no sealed text; [`Error::Closed`]: changed, or of another project or context.
    pub fn open(&self, context: &str, sealed: &str) -> Result<Opened, Error> {
        envelope::open(&self.0, &[SECRET, context], sealed).map(Opened)
    }
}
