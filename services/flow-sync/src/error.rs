//! What can go wrong, by what its receiver can do about it.

use contract::DecodeError;
use journal::AppendError;

/// Why flow-sync could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be read or followed.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// The log did not take an event, or did not say so.
    #[error("append to the log")]
    Append(#[from] AppendError),
    /// The log holds something that is not what its type promises.
    #[error("read event {sequence} of {subject}")]
    Decode {
        /// Where.
        subject: String,
        /// Which.
        sequence: u64,
        /// What is wrong.
        source: DecodeError,
    },
    /// The storage does not do as told.
    #[error("use the storage")]
    Storage(#[from] storage::Error),
}

impl Error {
    /// Its sources in one line, for a log or for the cause of a held key.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}
