//! What can go wrong, by what its receiver can do about it.

use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;

/// `Retry-After` while log, database or storage do not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why media could not do its work.
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
    /// The platform database does not do as told.
    #[error("use the platform database")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought to their current form.
    #[error("migrate the tables of media")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The tables were built from another log. Nothing was changed.
    #[error(transparent)]
    OtherLog(#[from] tables::OtherLog),
    /// A row holds what no version of media writes.
    #[error("row {id} holds a value that nobody wrote: {what}")]
    Row {
        /// Which.
        id: String,
        /// Which value.
        what: &'static str,
    },
}

impl Error {
    /// Something is down, and waiting mends it.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Database(cause) => tables::is_outage(cause),
            Self::Storage(_) | Self::Log(journal::Error::Unavailable(_)) | Self::Append(AppendError::Unavailable(_)) => true,
            Self::Log(_)
            | Self::Append(_)
            | Self::Decode { .. }
            | Self::Lost(_)
            | Self::Migrate(_)
            | Self::OtherLog { .. }
            | Self::Row { .. } => false,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let cause = chassis::error_chain(&error);
        match error {
            Error::Log(_) | Error::Append(AppendError::Unavailable(_)) => Self::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Conflict { .. }) => Self::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Storage(_) => Self::unavailable("storage_unavailable", RETRY_AFTER_S, cause),
            Error::Database(ref refused) if tables::is_outage(refused) => Self::unavailable("database_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_))
            | Error::Database(_)
            | Error::Decode { .. }
            | Error::Lost(_)
            | Error::Migrate(_)
            | Error::OtherLog { .. }
            | Error::Row { .. } => Self::internal(cause),
        }
    }
}
