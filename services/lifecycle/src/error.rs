//! What can go wrong, by what its receiver can do about it.

use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;

use crate::decide::Refusal;

/// `Retry-After` while the log or the database does not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why lifecycle could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no. Asking again does not help.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The project has changed since the caller looked.
    #[error("the project is at version {actual}")]
    Changed {
        /// Its version now.
        actual: u64,
    },
    /// Others were faster, every time.
    #[error("gave up after {0} attempts against other writers")]
    Contended(u32),
    /// The log did not take the events; or it may have, and did not say so.
    #[error("append to the log")]
    Append(#[from] AppendError),
    /// The log cannot be read.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// The log holds something that is not what its type promises.
    #[error(transparent)]
    Decode(#[from] UnreadableEvent),
    /// Events of a deleted project keep appearing: somebody does not know of the deletion.
    #[error("events of {0} are still being written")]
    StillWritten(contract::ProjectId),
    /// The platform database does not do as told.
    #[error("use the platform database")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought to their current form.
    #[error("migrate the tables of lifecycle")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The tables were built from another log. Nothing was changed.
    #[error(transparent)]
    OtherLog(#[from] tables::OtherLog),
    /// A secret of a project cannot be opened: its key is destroyed, or wrapped by another master key.
    #[error("open a secret of the project")]
    Sealed(#[from] sealing::Error),
    /// A row holds what no version of lifecycle writes.
    #[error("row {id} holds a value that nobody wrote: {what}")]
    Row {
        /// Its project.
        id: String,
        /// Which value.
        what: &'static str,
    },
}

impl Error {
    /// Whether something that is needed is down: trying later is all that is needed.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Database(cause) => tables::is_outage(cause),
            Self::Append(AppendError::Unavailable(_)) | Self::Log(journal::Error::Unavailable(_)) => true,
            Self::Append(_)
            | Self::Log(_)
            | Self::Refused(_)
            | Self::Changed { .. }
            | Self::Contended(_)
            | Self::Decode { .. }
            | Self::StillWritten(_)
            | Self::Migrate(_)
            | Self::OtherLog { .. }
            | Self::Sealed(_)
            | Self::Row { .. } => false,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let cause = chassis::error_chain(&error);
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Changed { actual } => Problem::new(axum::http::StatusCode::PRECONDITION_FAILED, "version_mismatch")
                .detail(format!("the project is at version {actual}")),
            Error::Contended(_) | Error::StillWritten(_) => Problem::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Unavailable(_)) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Conflict { .. }) => Problem::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_)) => Problem::internal(cause),
            Error::Log(_) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Database(ref refused) if tables::is_outage(refused) => {
                Problem::unavailable("database_unavailable", RETRY_AFTER_S, cause)
            }
            Error::Database(_)
            | Error::Sealed(_)
            | Error::Decode { .. }
            | Error::Migrate(_)
            | Error::OtherLog { .. }
            | Error::Row { .. } => Problem::internal(cause),
        }
    }
}
