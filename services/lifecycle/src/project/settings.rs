//! What an owner may change of a project, and within which limits.

use contract::UnknownOutcome;

use super::name::ProjectName;

/// What an idle time is when nobody says.
pub(crate) const IDLE_SECONDS_DEFAULT: u32 = 24 * 60 * 60;
/// The longest idle time: a year.
pub(crate) const IDLE_SECONDS_MAX: u32 = 366 * 24 * 60 * 60;

/// What is to be otherwise; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Its name.
    pub name: Option<ProjectName>,
    /// After how many seconds without a message a conversation ends; none inside: never.
    pub conversation_idle_seconds: Option<Option<u32>>,
    /// What becomes of a message of which nobody knows whether Meta took it.
    pub unknown_outcome: Option<UnknownOutcome>,
}

/// Whether a conversation may end after so long.
///
/// # Errors
/// What is wrong, for people.
pub(crate) fn check_idle(seconds: Option<u32>) -> Result<Option<u32>, String> {
    if seconds.is_some_and(|seconds| !(1..=IDLE_SECONDS_MAX).contains(&seconds)) {
        return Err(format!("must be 1 to {IDLE_SECONDS_MAX}, or null"));
    }
    Ok(seconds)
}
