//! Why a batch of webhooks could not be recorded.

use journal::{AppendError, Stop};

use crate::stop;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project's tables cannot be asked.
    #[error(transparent)]
    Tables(#[from] projections::Error),
    /// The log cannot be asked.
    #[error(transparent)]
    Log(#[from] journal::Error),
    /// The log did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Somebody else kept writing to the same contacts.
    #[error("contacts of the batch kept changing")]
    Contended,
    /// The tables do not show what the log has.
    #[error("tables stand at {checkpoint} and sequence {sequence} is needed")]
    TablesBehind {
        /// Where they stand.
        checkpoint: u64,
        /// What is waited for.
        sequence: u64,
    },
}

impl Error {
    pub(crate) fn stop(&self) -> Stop {
        match self {
            Self::Tables(error) => stop::of(error),
            Self::Append(AppendError::Unavailable(_)) | Self::Log(journal::Error::Unavailable(_)) | Self::TablesBehind { .. } => {
                stop::down(self.to_string())
            }
            Self::Append(_) | Self::Log(_) | Self::Contended => stop::again(self.to_string()),
        }
    }
}
