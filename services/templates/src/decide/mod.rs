//! What follows from what is so. Pure: a template as the log tells it and a wish, an answer or a report in, events out. Everything can be
//! asked twice.

pub(crate) mod change;
pub(crate) mod compare;
pub(crate) mod hear;
pub(crate) mod outcome;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use contract::TemplateId;

/// Why a wish is not granted, before Meta is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was never made, or it is gone.
    #[error("there is no such template")]
    NotFound,
    /// The deletion of the project has begun.
    #[error("the deletion of the project has begun")]
    ProjectEnds,
    /// Somebody changed it since the caller looked.
    #[error("the template changed meanwhile: its ETag is \"{current}\" now")]
    OtherVersion {
        /// What it is now.
        current: u64,
    },
    /// Meta has one of each name and language in an account.
    #[error("there is a template of this name in this language already: {0}")]
    Exists(TemplateId),
    /// It is theirs, though the account is shared.
    #[error("a project of another workspace whose number is of the same WhatsApp Business Account made the template: only they change it")]
    OfOtherWorkspace,
    /// The template is of an account whose number is not connected any more.
    #[error("the template belongs to a WhatsApp Business Account whose number is not connected: connect a number of that account")]
    OtherAccount,
    /// Its deletion blocks the name.
    #[error("an approved template of this name was deleted: Meta keeps its name blocked for 30 days, until {until}")]
    NameBlocked {
        /// When it is free.
        until: DateTime<Utc>,
    },
    /// Meta's limit of an account.
    #[error("Meta takes 100 new templates of an account in an hour: the next one at {at}")]
    TooManyCreations {
        /// When the next one may be made.
        at: DateTime<Utc>,
    },
    /// Something else is on its way to Meta.
    #[error("the template is being changed ({step}): wait until Meta has answered")]
    Busy {
        /// What.
        step: &'static str,
    },
    /// Meta never took it.
    #[error("Meta does not have the template: make it again")]
    NotAtMeta,
    /// Its status forbids it.
    #[error("only a template that is APPROVED, REJECTED or PAUSED can be changed, this one is {status}")]
    NotEditable {
        /// Meta's word.
        status: String,
    },
    /// An approved template stays in its category.
    #[error("the category of an approved template stays")]
    CategoryFixed,
    /// Nothing would change.
    #[error("the template has this category already, and nothing else is to change")]
    NothingToChange,
    /// An approved template is edited once in 24 hours.
    #[error("an approved template can be changed once in 24 hours: again at {at}")]
    EditTooSoon {
        /// When it may be.
        at: DateTime<Utc>,
    },
    /// And ten times in 30 days.
    #[error("an approved template can be changed 10 times in 30 days: again at {at}")]
    TooManyEdits {
        /// When it may be.
        at: DateTime<Utc>,
    },
    /// Meta keeps what it disabled.
    #[error("Meta disabled the template: it cannot be deleted")]
    Disabled,
    /// There is no pause to end.
    #[error("only a template that is PAUSED can be taken out of its pause, this one is {status}")]
    NotPaused {
        /// Meta's word.
        status: String,
    },
}
