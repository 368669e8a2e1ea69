//! What keeps a verb from its work, and with which code the process ends.

use std::process::ExitCode;

/// How a command ended. The codes are documented in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing differs, nothing is parked.
    Fine,
    /// Something was found.
    Found,
    /// The command line is wrong.
    Usage,
    /// The log or a database does not answer.
    Unavailable,
    /// It answers, and must not or cannot be worked with.
    Refused,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The process' exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Unavailable => 3,
            Self::Refused => 4,
            Self::Interrupted => 130,
        }
    }

    /// The graver of two.
    pub(crate) fn and(self, other: Self) -> Self {
        if self.code() >= other.code() { self } else { other }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a verb could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line asks for something that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// What was named is not there.
    #[error("{0}")]
    NotFound(String),
    /// A file is in the way, or is not what is to be gone on with.
    #[error("{0}")]
    File(String),
    /// The log.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// An operator's word could not be written down.
    #[error(transparent)]
    Append(#[from] journal::AppendError),
    /// Tables.
    #[error(transparent)]
    Tables(#[from] projections::Error),
    /// A file, or standard output.
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Tables(error.into())
    }
}

impl Error {
    /// The code for it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::NotFound(_) | Self::File(_) | Self::Output(_) => Exit::Refused,
            Self::Journal(error) => journal_exit(error),
            Self::Append(journal::AppendError::Unavailable(_)) => Exit::Unavailable,
            Self::Append(_) => Exit::Refused,
            Self::Tables(error) => tables_exit(error),
        }
    }
}

fn journal_exit(error: &journal::Error) -> Exit {
    if matches!(error, journal::Error::Unavailable(_)) { Exit::Unavailable } else { Exit::Refused }
}

/// The code for what went wrong with one project's tables.
pub(crate) fn tables_exit(error: &projections::Error) -> Exit {
    match error {
        projections::Error::Unavailable(_) | projections::Error::NoDatabase(_) | projections::Error::Contended(_) => Exit::Unavailable,
        projections::Error::Journal(error) => journal_exit(error),
        projections::Error::Refused(_)
        | projections::Error::Corrupt(_)
        | projections::Error::OtherLog { .. }
        | projections::Error::AheadOfLog { .. }
        | projections::Error::Forked { .. }
        | projections::Error::WentBack { .. }
        | projections::Error::Event { .. }
        | projections::Error::TooLarge { .. }
        | projections::Error::StillDiffers(_) => Exit::Refused,
    }
}
