//! What is wrong with one field of something that a caller sent: where, a code to act on, a sentence to read.
//!
//! It knows no HTTP: who answers a request puts these into its problem document.

use std::fmt;

/// Errors that one reading reports. Who has more wrong than this has not looked.
pub const FIELD_ERRORS_MAX: usize = 100;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// RFC 6901, from the root of what was read; empty for the root itself.
    pub pointer: String,
    /// Stable: `required`, `unknown_property`, `type`, `too_long`, `too_short`, `too_many`, `too_few`, `duplicate`, `format`,
    /// `not_allowed` or `value`.
    pub code: &'static str,
    /// A sentence without its subject, which is the pointer. Names the limit, never the value.
    pub detail: String,
}

/// All codes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Required,
    UnknownProperty,
    Type,
    TooLong,
    TooShort,
    TooMany,
    TooFew,
    Duplicate,
    Format,
    NotAllowed,
    Value,
}

impl Code {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::UnknownProperty => "unknown_property",
            Self::Type => "type",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::TooMany => "too_many",
            Self::TooFew => "too_few",
            Self::Duplicate => "duplicate",
            Self::Format => "format",
            Self::NotAllowed => "not_allowed",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pointer, self.detail)
    }
}
