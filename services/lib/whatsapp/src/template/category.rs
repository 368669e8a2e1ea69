//! What a template is for, and how its variables are written.

use std::fmt;
use std::ops::RangeInclusive;

use crate::field_error::Code;
use crate::strict::Node;

/// What a template is for. Meta may put it into another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    Authentication,
    Marketing,
    Utility,
}

/// `{{1}}` or `{{first_name}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Positional,
    Named,
}

/// Instead of a range: undelivered messages live for 30 days.
const TTL_THIRTY_DAYS: i64 = -1;
const TTL_SECONDS_MAX: i64 = 2_592_000;

impl Category {
    pub const ALL: [Self; 3] = [Self::Authentication, Self::Marketing, Self::Utility];

    /// As Meta spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "AUTHENTICATION",
            Self::Marketing => "MARKETING",
            Self::Utility => "UTILITY",
        }
    }

    /// In capitals or not; `None` if there is no such category.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str().eq_ignore_ascii_case(text))
    }

    fn ttl_seconds(self) -> RangeInclusive<i64> {
        match self {
            Self::Authentication => 30..=900,
            Self::Marketing => 43_200..=TTL_SECONDS_MAX,
            Self::Utility => 30..=43_200,
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Format {
    pub(super) const ALL: [Self; 2] = [Self::Positional, Self::Named];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Positional => "POSITIONAL",
            Self::Named => "NAMED",
        }
    }
}

/// `message_send_ttl_seconds`. Without a category as any category has it.
pub(super) fn check_ttl(ttl: &Node<'_>, category: Option<Category>) {
    let Some(seconds) = ttl.integer(TTL_THIRTY_DAYS..=TTL_SECONDS_MAX) else { return };
    let (range, of) = match category {
        Some(category) => (category.ttl_seconds(), format!(" in the category {category}")),
        None => (30..=TTL_SECONDS_MAX, String::new()),
    };
    if seconds != TTL_THIRTY_DAYS && !range.contains(&seconds) {
        ttl.refuse(Code::Value, format!("must be from {} to {}{of}, or -1 for 30 days", range.start(), range.end()));
    }
}
