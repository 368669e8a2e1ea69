//! What can go wrong, by what its receiver can do about it.

use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;

use crate::provision::Failure;

/// `Retry-After` while the log or the database server does not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why databases could not do its work.
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
    /// The database server does not do as told.
    #[error("use the database server")]
    Server(#[from] Failure),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let cause = chassis::error_chain(&error);
        match error {
            Error::Append(AppendError::Conflict { .. }) => Self::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Log(_) | Error::Append(AppendError::Unavailable(_)) => Self::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Server(Failure::Passing(_) | Failure::Operator(_)) => Self::unavailable("database_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_))
            | Error::Decode { .. }
            | Error::Server(Failure::Final(_)) => Self::internal(cause),
        }
    }
}
