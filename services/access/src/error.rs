//! What can go wrong, by what its receiver can do about it.

use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;

use crate::refusal::Refusal;

/// `Retry-After` while the log or the database does not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why access could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others were faster, every time.
    #[error("gave up after {0} attempts against other writers")]
    Contended(u32),
    /// Too many mails wait already.
    #[error("no room for another mail")]
    MailsFull,
    /// The log did not take the events; or it may have, and did not say so.
    #[error("append to the log")]
    Append(#[from] AppendError),
    /// The log cannot be read.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// The log holds something that is not what its type promises.
    #[error(transparent)]
    Decode(#[from] UnreadableEvent),
    /// The platform database does not do as told.
    #[error("use the platform database")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought to their current form.
    #[error("migrate the tables of access")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The tables were built from another log. Nothing was changed.
    #[error(transparent)]
    OtherLog(#[from] tables::OtherLog),
    /// A row holds what no version of access writes.
    #[error("a row holds a value that nobody wrote: {0}")]
    Row(&'static str),
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
            | Self::Contended(_)
            | Self::MailsFull
            | Self::Decode { .. }
            | Self::Migrate(_)
            | Self::OtherLog { .. }
            | Self::Row(_) => false,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let cause = chassis::error_chain(&error);
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Contended(_) => Problem::unavailable("contended", RETRY_AFTER_S, cause),
            Error::MailsFull => Problem::unavailable("mail_overloaded", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Unavailable(_)) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::Conflict { .. }) => Problem::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_)) => Problem::internal(cause),
            Error::Log(_) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Database(ref refused) if tables::is_outage(refused) => {
                Problem::unavailable("database_unavailable", RETRY_AFTER_S, cause)
            }
            Error::Database(_) | Error::Decode { .. } | Error::Migrate(_) | Error::OtherLog { .. } | Error::Row(_) => {
                Problem::internal(cause)
            }
        }
    }
}
