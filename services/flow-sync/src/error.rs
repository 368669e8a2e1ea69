//! What can go wrong, by what its receiver can do about it.

use axum::http::StatusCode;
use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;
use projects::{NoLine, TokenError};
use sqlx::migrate::MigrateError;
use tokio::task::JoinError;
use whatsapp::graph;

use crate::decide::Refusal;
use crate::meta;

/// `Retry-After` while log, storage or database do not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why flow-sync could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Meta did not do a step.
    #[error("{step} at Meta")]
    Meta {
        /// `create`, `upload`, `publish`, `deprecate`, `delete`, `update` or `read`.
        step: &'static str,
        /// What came of it.
        source: graph::Error,
    },
    /// Meta cannot be asked for this project.
    #[error(transparent)]
    NoLine(#[from] NoLine),
    /// The token of the project's number cannot be opened.
    #[error("open the token of the number")]
    Token(#[from] TokenError),
    /// The log cannot be read or followed.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// The log did not take an event, or did not say so.
    #[error("append to the log")]
    Append(#[from] AppendError),
    /// Others changed the same Flow so often.
    #[error("gave up after {0} attempts against other writers")]
    Contended(u32),
    /// The log holds something that is not what its type promises.
    #[error(transparent)]
    Decode(#[from] UnreadableEvent),
    /// The storage does not do as told.
    #[error("use the storage")]
    Storage(#[from] storage::Error),
    /// The log names an object that the storage does not have, or has in another form.
    #[error("object {0} is not what the log says it is")]
    Lost(String),
    /// Work on a document ended badly.
    #[error("work on a document")]
    Aside(#[source] JoinError),
    /// The platform database does not do as told.
    #[error("use the platform database")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought to their current form.
    #[error("migrate the tables of flow-sync")]
    Migrate(#[from] MigrateError),
    /// The tables were built from another log.
    #[error(transparent)]
    OtherLog(#[from] tables::OtherLog),
    /// A row holds what is not ours.
    #[error("row {id} has a {what} that cannot be read")]
    Row {
        /// Of the row.
        id: String,
        /// Which column.
        what: &'static str,
    },
}

impl Error {
    /// Something is down, and waiting mends it.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Database(cause) => tables::is_outage(cause),
            Self::Storage(_) | Self::Log(journal::Error::Unavailable(_)) | Self::Append(AppendError::Unavailable(_)) => true,
            Self::Refused(_)
            | Self::Meta { .. }
            | Self::NoLine(_)
            | Self::Token(_)
            | Self::Log(_)
            | Self::Append(_)
            | Self::Contended(_)
            | Self::Decode { .. }
            | Self::Lost(_)
            | Self::Aside(_)
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
            Error::Refused(refusal) => refused(&refusal),
            Error::Meta { source, step } => meta::problem(step, &source),
            Error::NoLine(none) => none.into(),
            Error::Token(TokenError::None) => NoLine::NotConnected.into(),
            Error::Log(_) | Error::Append(AppendError::Unavailable(_)) | Error::Token(TokenError::Log(_)) => {
                Self::unavailable("log_unavailable", RETRY_AFTER_S, cause)
            }
            Error::Contended(_) | Error::Append(AppendError::Conflict { .. }) => Self::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Storage(_) => Self::unavailable("storage_unavailable", RETRY_AFTER_S, cause),
            Error::Database(ref refused) if tables::is_outage(refused) => Self::unavailable("database_unavailable", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_))
            | Error::Database(_)
            | Error::Decode { .. }
            | Error::Lost(_)
            | Error::Aside(_)
            | Error::Migrate(_)
            | Error::OtherLog { .. }
            | Error::Row { .. }
            | Error::Token(TokenError::Sealed(_)) => Self::internal(cause),
        }
    }
}

fn refused(refusal: &Refusal) -> Problem {
    let detail = refusal.to_string();
    let code = match refusal {
        Refusal::NotFound => return Problem::not_found(detail),
        Refusal::OtherRevision { .. } => return Problem::new(StatusCode::PRECONDITION_FAILED, "version_mismatch").detail(detail),
        Refusal::OtherDrift(_) => return Problem::new(StatusCode::PRECONDITION_FAILED, "drift_mismatch").detail(detail),
        Refusal::Deleted => "flow_deleted",
        Refusal::NameTaken(_) => "name_taken",
        Refusal::TooMany(_) => "too_many_flows",
        Refusal::Published => "flow_published",
        Refusal::Restricted(_) => "flow_restricted",
        Refusal::Deprecated => "flow_deprecated",
        Refusal::NoJson => "flow_has_no_json",
        Refusal::Invalid => "flow_invalid",
        Refusal::Drifted => "flow_drifted",
        Refusal::NoDrift => "no_drift",
        Refusal::NotPublished => "flow_not_published",
        Refusal::NotDraft(_) => "flow_not_draft",
        Refusal::EndpointStays => "endpoint_stays",
    };
    Problem::conflict(code, detail)
}
