//! What keeps the sender from working at all. What becomes of a single message is an event, not an error.

/// Why the sender cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be read.
    #[error("read the log")]
    Log(#[from] journal::Error),
    /// A part of the work has panicked.
    #[error("run a task of the sender")]
    Task(#[from] tokio::task::JoinError),
    /// The platform database does not do as told.
    #[error("use the platform database")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought to their current form.
    #[error("migrate the tables of the sender")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The tables were built from another log. Nothing was changed.
    #[error(transparent)]
    OtherLog(#[from] tables::OtherLog),
    /// A row holds what no version of the sender writes.
    #[error("row {id} holds a value that nobody wrote: {what}")]
    Row {
        /// Which.
        id: String,
        /// Which value.
        what: &'static str,
    },
}
