//! What can go wrong, by what its receiver can do about it.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use chassis::Problem;
use contract::DecodeError;
use journal::AppendError;

/// `Retry-After` while the log or a database does not answer, or is being made.
const RETRY_AFTER_S: u32 = 1;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project, or something in it, does not exist. Says what.
    #[error("{0} does not exist in this project")]
    NotFound(&'static str),
    /// Nobody created such a project.
    #[error("no such project")]
    NoProject,
    /// The project has no database yet.
    #[error("the project is still being made")]
    NotReady,
    /// The project will never have a database.
    #[error("the project could not be made")]
    Failed,
    /// The log cannot be read.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// The project's stream holds what its type does not promise.
    #[error("read the project's events")]
    Decode(#[from] DecodeError),
    /// The project's database does not do as told.
    #[error("use the project's database")]
    Database(#[from] sqlx::Error),
    /// A row holds what nobody writes.
    #[error("a row holds content that is not json")]
    Content(#[from] serde_json::Error),
    /// A column holds what nobody writes.
    #[error("column {0} holds what cannot be read")]
    Corrupt(&'static str),
    /// The log did not take an event, or did not say so. Asking again with the same idempotency key is safe.
    #[error("append to the log")]
    Append(#[from] AppendError),
    /// The tables do not show in time what the log has.
    #[error("the tables show {shown} and the log has {sequence}")]
    TablesBehind {
        /// How far they are.
        shown: u64,
        /// How far they should be.
        sequence: u64,
    },
    /// Others changed the same contact faster, again and again.
    #[error("others changed the contact faster, {0} times")]
    Contended(u32),
    /// The latest events are not read yet, or this process lags behind another.
    #[error("live events are not at hand yet")]
    LiveNotReady,
    /// As many live streams are open as this process serves.
    #[error("too many live streams")]
    LiveFull,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound(_) => Problem::not_found(detail),
            Error::NoProject => Problem::new(StatusCode::NOT_FOUND, "project_not_found").detail(detail),
            Error::NotReady => Problem::conflict("project_not_ready", detail).header(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S)),
            Error::Failed => Problem::conflict("project_failed", detail),
            Error::Log(cause) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Append(cause @ AppendError::Unavailable(_)) => Problem::unavailable("log_unavailable", RETRY_AFTER_S, cause),
            Error::Append(cause @ AppendError::Conflict { .. }) => Problem::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Append(cause @ (AppendError::TooLarge { .. } | AppendError::Refused(_))) => Problem::internal(cause),
            Error::TablesBehind { .. } => Problem::unavailable("tables_behind", RETRY_AFTER_S, detail),
            Error::Contended(_) => Problem::unavailable("contended", RETRY_AFTER_S, detail),
            Error::Decode(cause) => Problem::internal(cause),
            Error::Corrupt(_) => Problem::internal(detail),
            Error::Database(cause) => of_database(cause),
            Error::Content(cause) => Problem::internal(format_args!("a row holds content that is not json, line {}", cause.line())),
            Error::LiveNotReady => Problem::unavailable("stream_not_ready", RETRY_AFTER_S, detail),
            Error::LiveFull => Problem::unavailable("too_many_streams", RETRY_AFTER_S, detail),
        }
    }
}

/// The projections' own classes decide what passes by itself.
fn of_database(cause: sqlx::Error) -> Problem {
    match projections::Error::from(cause) {
        cause @ (projections::Error::Unavailable(_) | projections::Error::NoDatabase(_)) => {
            Problem::unavailable("database_unavailable", RETRY_AFTER_S, cause)
        }
        cause => Problem::internal(cause),
    }
}
