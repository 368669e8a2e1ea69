//! What can go wrong, by what its receiver can do about it.

use axum::http::StatusCode;
use chassis::Problem;
use contract::UnreadableEvent;
use journal::AppendError;
use projects::{NoLine, TokenError};
use whatsapp::graph;

use crate::decide::Refusal;
use crate::meta;

/// `Retry-After` while the log does not answer.
const RETRY_AFTER_S: u32 = 1;

/// Why templates could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Meta did not do a step.
    #[error("{step} at Meta")]
    Meta {
        /// `create`, `edit`, `delete`, `unpause`, `upload` or `read`.
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
    /// Others changed the same template so often.
    #[error("gave up after {0} attempts against other writers")]
    Contended(u32),
    /// The log holds something that is not what its type promises.
    #[error(transparent)]
    Decode(#[from] UnreadableEvent),
}

impl Error {
    /// Something is down, and waiting mends it.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, Self::Log(journal::Error::Unavailable(_)) | Self::Append(AppendError::Unavailable(_)))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let cause = chassis::error_chain(&error);
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Meta { source, .. } => meta::problem(&source),
            Error::NoLine(none) => none.into(),
            Error::Token(TokenError::None) => NoLine::NotConnected.into(),
            Error::Log(_) | Error::Append(AppendError::Unavailable(_)) | Error::Token(TokenError::Log(_)) => {
                Self::unavailable("log_unavailable", RETRY_AFTER_S, cause)
            }
            Error::Contended(_) | Error::Append(AppendError::Conflict { .. }) => Self::unavailable("contended", RETRY_AFTER_S, cause),
            Error::Append(AppendError::TooLarge { .. } | AppendError::Refused(_))
            | Error::Decode { .. }
            | Error::Token(TokenError::Sealed(_)) => Self::internal(cause),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let conflict = |code: &str| Self::conflict(code, detail.clone());
        match refusal {
            Refusal::NotFound => Self::not_found(detail),
            Refusal::ProjectEnds => conflict("project_ends"),
            Refusal::OtherVersion { .. } => Self::new(StatusCode::PRECONDITION_FAILED, "version_mismatch").detail(detail),
            Refusal::Exists(template) => conflict("template_exists").with("template", template.to_string()),
            Refusal::OtherAccount => conflict("template_of_other_account"),
            Refusal::OfOtherWorkspace => conflict("template_of_other_workspace"),
            Refusal::NameBlocked { until } => conflict("template_name_blocked").with("until", until.to_rfc3339()),
            Refusal::TooManyCreations { at } => conflict("too_many_creations").with("allowed_at", at.to_rfc3339()),
            Refusal::Busy { .. } => conflict("template_busy"),
            Refusal::NotAtMeta => conflict("template_not_at_meta"),
            Refusal::NotEditable { .. } => conflict("template_not_editable"),
            Refusal::CategoryFixed => {
                let problem = Self::unprocessable("invalid_template", "the template cannot be changed like this");
                problem.field("/category", "not_allowed", detail)
            }
            Refusal::NothingToChange => {
                Self::unprocessable("invalid_template", "the template cannot be changed like this").field("", "too_few", detail)
            }
            Refusal::EditTooSoon { at } => conflict("edit_too_soon").with("allowed_at", at.to_rfc3339()),
            Refusal::TooManyEdits { at } => conflict("too_many_edits").with("allowed_at", at.to_rfc3339()),
            Refusal::Disabled => conflict("template_disabled"),
            Refusal::NotPaused { .. } => conflict("template_not_paused"),
        }
    }
}
