//! One template as the log tells of it. How events make it so is in `fold`.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{HeardFrom, ProjectId, RawJson, Subject, TemplateId};

/// Edits of an approved template that are remembered: Meta takes so many in [`EDITS_SPAN`].
pub(crate) const EDITS_MAX: usize = 10;
/// The span in which Meta counts them.
pub(crate) const EDITS_SPAN: TimeDelta = TimeDelta::days(30);
/// What Meta calls a template that can be sent.
pub(crate) const APPROVED: &str = "APPROVED";

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id {
    pub(crate) project: ProjectId,
    pub(crate) template: TemplateId,
}

impl Id {
    pub(crate) fn subject(self) -> Subject {
        Subject::template(self.project, self.template)
    }
}

/// When something was said, and by whose clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) at: DateTime<Utc>,
    /// Meta's clock; else ours.
    pub(crate) by_meta: bool,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) at: DateTime<Utc>,
    pub(crate) by: Option<String>,
}

/// What is on its way to Meta.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Create,
    Edit {
        edit: RawJson,
        /// It was approved when this was asked for: then Meta counts it.
        approved: bool,
    },
    Delete {
        /// It was approved when this was asked for, or before: then its name is not free for a while, whatever Meta called it meanwhile.
        approved: bool,
    },
}

impl Step {
    /// As events and answers name it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
        }
    }
}

/// A step, and since when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) step: Step,
    pub(crate) at: DateTime<Utc>,
}

/// A change of category, also one that Meta has announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CategoryChange {
    pub(crate) category: String,
    pub(crate) previous: Option<String>,
    pub(crate) effective_at: Option<DateTime<Utc>>,
    pub(crate) at: DateTime<Utc>,
}

/// The last thing that Meta did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) step: String,
    pub(crate) code: String,
    pub(crate) meta_code: Option<i64>,
    pub(crate) reason: String,
    pub(crate) at: DateTime<Utc>,
}

/// It is gone. What is left says why its name may not be free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) at: DateTime<Utc>,
    pub(crate) heard_from: HeardFrom,
    pub(crate) was_approved: bool,
}

/// A template, as it was asked for and as Meta says it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) id: TemplateId,
    pub(crate) waba_id: String,
    pub(crate) name: String,
    /// As `en_US`.
    pub(crate) language: String,
    /// Meta's id, once Meta has it.
    pub(crate) meta_id: Option<String>,
    /// Meta's word; none: Meta does not have it.
    pub(crate) status: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) explanation: Option<String>,
    pub(crate) status_said: Option<Said>,
    pub(crate) category: String,
    pub(crate) category_said: Option<Said>,
    pub(crate) categories: Vec<CategoryChange>,
    pub(crate) quality: Option<String>,
    pub(crate) quality_said: Option<Said>,
    /// In Meta's shape, as it is.
    pub(crate) definition: RawJson,
    pub(crate) components_said: Option<Said>,
    /// In Meta's shape, as somebody asked for it here. None: it was made elsewhere.
    pub(crate) asked: Option<RawJson>,
    pub(crate) pending: Option<Pending>,
    pub(crate) refused: Option<Refused>,
    /// When an approved template was changed, the last ones.
    pub(crate) edits: Vec<DateTime<Utc>>,
    pub(crate) deleted: Option<Deleted>,
    pub(crate) created: Done,
    pub(crate) changed: Done,
    /// Of its last event. Also its version.
    pub(crate) sequence: u64,
}

impl Template {
    /// It is there, here or at Meta.
    pub(crate) fn is_there(&self) -> bool {
        self.deleted.is_none()
    }

    pub(crate) fn is_approved(&self) -> bool {
        self.status.as_deref() == Some(APPROVED)
    }

    /// The change of category that Meta has announced and that is not in force.
    pub(crate) fn announced(&self) -> Option<&CategoryChange> {
        self.categories.last().filter(|change| change.effective_at.is_some() && change.category != self.category)
    }
}
