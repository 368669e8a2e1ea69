//! What was sealed, in the clear for as long as it is needed.

use std::fmt;

use chassis::Secret;
use zeroize::Zeroizing;

use crate::Error;

/// Opened bytes. Never printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened(pub(crate) Zeroizing<Vec<u8>>);

impl Opened {
    /// The bytes. Call it where they are used, never where something is logged.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// As a text that is not printed. [`Secret`] is not wiped: keep it no longer than a request lasts.
    ///
    /// # Errors
    /// [`Error::Content`]: it is not UTF-8.
    pub fn into_secret(self) -> Result<Secret, Error> {
        std::str::from_utf8(&self.0).map(Secret::new).map_err(|_| Error::Content)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
