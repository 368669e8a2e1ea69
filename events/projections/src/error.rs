//! Why tables could not be brought up to date, sorted by what the caller can do.

use contract::DecodeError;

/// What can go wrong between the log and the tables.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project's database does not exist (yet).
    #[error("project database {0} does not exist")]
    NoDatabase(String),
    /// The database does not answer, or dropped the connection. Trying later helps.
    #[error("project database unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database answers and refuses: a bug, or a table that somebody changed.
    #[error("project database refused: {0}")]
    Refused(#[source] sqlx::Error),
    /// A stored value is not what the column promises.
    #[error("column {0} holds a value that nobody writes")]
    Corrupt(&'static str),
    /// The tables were built from another log.
    #[error("tables were built from the log created at {tables} and this one was created at {log}")]
    OtherLog {
        /// The log that the tables know.
        tables: chrono::DateTime<chrono::Utc>,
        /// The log that is there.
        log: chrono::DateTime<chrono::Utc>,
    },
    /// The tables know more than the log holds: the log lost its end, or was restored from a backup.
    #[error("tables stand at sequence {checkpoint}, the log ends at {last}")]
    AheadOfLog {
        /// Where the tables stand.
        checkpoint: u64,
        /// Where the log ends.
        last: u64,
    },
    /// The tables know another event at that sequence: the log was restored from a backup and went on differently.
    #[error("tables and log disagree about event {sequence}: the log was restored from a backup")]
    Forked {
        /// Where the tables stand.
        sequence: u64,
    },
    /// The tables lost what was committed: their server ended, or somebody put an older copy in their place.
    #[error("tables stand at sequence {checkpoint} and had been brought to {reached}")]
    WentBack {
        /// Where the tables stand.
        checkpoint: u64,
        /// Where they had stood.
        reached: u64,
    },
    /// Whenever the rows were to be written, somebody else had been there since they were read. Trying later helps.
    #[error("tables were written by others {0} times in a row")]
    Contended(u32),
    /// An event is not readable here.
    #[error("event {sequence} is not readable: {source}")]
    Event {
        /// Which.
        sequence: u64,
        /// Why.
        source: DecodeError,
    },
    /// More than is kept in memory at once.
    #[error("{what} too large: more than {limit}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Rows were written, read back, and are not what was written. Nothing was kept.
    #[error("table {0} does not hold what was written")]
    StillDiffers(&'static str),
    /// The log could not be read.
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

/// SQLSTATE of a database that does not exist.
const INVALID_CATALOG_NAME: &str = "3D000";

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(refusal) = &error
            && refusal.code().as_deref() == Some(INVALID_CATALOG_NAME)
        {
            return Self::NoDatabase(refusal.message().to_owned());
        }
        if tables::is_outage(&error) { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}
