//! What can go wrong, by what its receiver can do about it.

use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;

/// `Retry-After` while log or storage do not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why bots could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be read or followed.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// The log did not take an event, or did not say so.
    #[error("append to the log")]
    Append(#[from] AppendError),
    /// The log holds something that is not what its type promises.
    #[error(transparent)]
    Decode(#[from] UnreadableEvent),
    /// The storage does not do as told.
    #[error("use the storage")]
    Storage(#[from] storage::Error),
    /// The log names an object that the storage does not have, or has in another form.
    #[error("object {0} is not what the log says it is")]
    Lost(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let cause = chassis::error_chain(&error);
        match error {
            Error::Log(_) | Error::Append(AppendError::Unavailable(_)) => Self::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Conflict { .. }) => Self::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Storage(_) => Self::unavailable("storage_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_)) | Error::Decode { .. } | Error::Lost(_) => {
                Self::internal(cause)
            }
        }
    }
}
