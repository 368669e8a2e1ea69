//! What can go wrong with a server, by what the caller can do about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::version::Version;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a server could not be found, fetched, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither on the machine nor to be fetched: install it, or name an external server by URL.
    #[error("no {program} of version {min} or newer found, and it could not be fetched: {tried}")]
    NotFound { program: &'static str, min: Version, tried: String },
    /// The only one found is too old: install a newer one, or name an external server by URL.
    #[error("{program} {found} at {} is too old, {min} or newer is needed{tried}", path.display())]
    TooOld { program: &'static str, path: PathBuf, found: Version, min: Version, tried: String },
    /// Postgres cannot open data of another major version.
    #[error("the data in {} was made by Postgres {made_by}, and no Postgres of that version was found", folder.display())]
    OtherMajor { folder: PathBuf, made_by: u32 },
    /// Another process runs a server on this data folder.
    #[error("the data folder {} is in use by another process", folder.display())]
    InUse { folder: PathBuf },
    /// The data folder is not complete, as after deleting single files of it.
    #[error("the data folder {} is damaged: {what}", folder.display())]
    Damaged { folder: PathBuf, what: &'static str },
    /// Postgres refuses to run as root, and the machine has no ordinary user to run it as.
    #[error("running as root, but none of the users {names} exists to run Postgres as")]
    NoOrdinaryUser { names: String },
    /// A folder on the way bars the user that Postgres runs as.
    #[error("user {user} cannot get into {}, which is needed to run Postgres there", barrier.display())]
    Barred { user: String, barrier: PathBuf },
    /// The server ended while it was starting. `log` is the end of what it said.
    #[error("{server} ended while starting ({status}): {log}")]
    Died { server: &'static str, status: String, log: String },
    /// The server runs but does not answer. `log` is the end of what it said.
    #[error("{server} did not get ready within {} s: {last}: {log}", after.as_secs())]
    NotReady { server: &'static str, after: Duration, last: String, log: String },
    /// The server answers, but is not what was asked for.
    #[error("{server} runs with another setting than asked for: {what}")]
    Unfit { server: &'static str, what: String },
    /// A program that was run to its end said no. `output` is the end of what it said.
    #[error("{program} failed ({status}): {output}")]
    Failed { program: String, status: String, output: String },
    /// A program that was to end by itself did not.
    #[error("{program} did not end within {} s", after.as_secs())]
    TimedOut { program: String, after: Duration },
    /// A file operation.
    #[error("cannot {doing} {}", path.display())]
    File { doing: &'static str, path: PathBuf, source: std::io::Error },
    /// No loopback port to be had.
    #[error("no free loopback port among {tries} tried")]
    NoPort { tries: u32 },
    /// A statement on the started Postgres.
    #[error("cannot {doing} on the embedded Postgres")]
    Database { doing: &'static str, source: sqlx::Error },
}

impl Error {
    /// For `map_err` on a file operation: says what was done to which path.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::File { doing, path, source }
    }

    /// This error with the causes behind it, on one line: for a list of what was tried.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            text.push_str(": ");
            text.push_str(&next.to_string());
            cause = next.source();
        }
        text
    }
}
