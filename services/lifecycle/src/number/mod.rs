//! A WhatsApp number as a project has it: Meta's id of it, and what Meta says about it.

pub(crate) mod code;
pub(crate) mod connect;
pub(crate) mod connecting;
pub(crate) mod disconnect;
pub(crate) mod display_name;
pub(crate) mod give_back;
pub(crate) mod meta;
pub(crate) mod profile;
pub(crate) mod review;
pub(crate) mod secrets;
pub(crate) mod signup;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use contract::{DisplayNameDecided, DisplayNameRequested, NumberConnected, Subject};
use serde::{Deserialize, Serialize};

/// Longest id, in digits. Meta's have 15 to 17 today.
pub(crate) const META_ID_DIGITS_MAX: usize = 32;
/// Longest display form, in characters; `+49 1512 3456789` has 16.
pub(crate) const DISPLAY_CHARS_MAX: usize = 32;

/// Meta's id of a number or of a WhatsApp Business Account: 1 to [`META_ID_DIGITS_MAX`] ASCII digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct MetaId(String);

/// Why a text is not one of Meta's ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of Meta's: needs 1 to {META_ID_DIGITS_MAX} digits")]
pub(crate) struct MetaIdError;

impl MetaId {
    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The subject on which the claim of this number is kept.
    pub(crate) fn claim(&self) -> Subject {
        Subject::number(&self.0).expect("digits are a token")
    }
}

impl FromStr for MetaId {
    type Err = MetaIdError;

    fn from_str(text: &str) -> Result<Self, MetaIdError> {
        let valid = (1..=META_ID_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if valid { Ok(Self(text.to_owned())) } else { Err(MetaIdError) }
    }
}

impl fmt::Display for MetaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number as Meta displays it, for people: no control characters, at most [`DISPLAY_CHARS_MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DisplayNumber(String);

/// Why a text is not the display form of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a display form: needs 1 to {DISPLAY_CHARS_MAX} of the characters 0-9 + - ( ) . / and space")]
pub(crate) struct DisplayNumberError;

impl FromStr for DisplayNumber {
    type Err = DisplayNumberError;

    fn from_str(text: &str) -> Result<Self, DisplayNumberError> {
        let text = text.trim();
        let valid = (1..=DISPLAY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b"+-(). /".contains(&b));
        if valid { Ok(Self(text.to_owned())) } else { Err(DisplayNumberError) }
    }
}

/// The number of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Number {
    /// Meta's id of the number: where webhooks say they were sent to.
    pub id: MetaId,
    /// Meta's id of the WhatsApp Business Account that it belongs to.
    pub waba: Option<MetaId>,
    /// How Meta displays it.
    pub display: Option<DisplayNumber>,
}

impl Number {
    pub(crate) fn connected(&self) -> NumberConnected {
        NumberConnected {
            phone_number_id: self.id.0.clone(),
            waba_id: self.waba.as_ref().map(|waba| waba.0.clone()),
            display_phone_number: self.display.as_ref().map(|display| display.0.clone()),
        }
    }

    /// Takes an event as it is: what the log says happened.
    pub(crate) fn of(event: &NumberConnected) -> Self {
        Self {
            id: MetaId(event.phone_number_id.clone()),
            waba: event.waba_id.clone().map(MetaId),
            display: event.display_phone_number.clone().map(DisplayNumber),
        }
    }
}

/// The display name that was asked for last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DisplayName {
    /// The name.
    pub name: String,
    /// Whether it may be used; none: Meta has not decided.
    pub approved: Option<bool>,
    /// Why not, in Meta's words; [`NOT_DECIDED`] is ours.
    pub reason: Option<String>,
    /// Since when it stands so.
    pub since: DateTime<Utc>,
}

/// Why a name may not be used about which Meta said nothing in time.
pub(crate) const NOT_DECIDED: &str = "NOT_DECIDED";

impl DisplayName {
    pub(crate) fn requested(event: &DisplayNameRequested, at: DateTime<Utc>) -> Self {
        Self { name: event.name.clone(), approved: None, reason: None, since: at }
    }

    pub(crate) fn decided(event: &DisplayNameDecided, at: DateTime<Utc>) -> Self {
        Self { name: event.name.clone(), approved: Some(event.approved), reason: event.reason.clone(), since: at }
    }

    /// `pending`, `approved`, `rejected` or `undecided`.
    pub(crate) fn status(&self) -> &'static str {
        match (self.approved, self.reason.as_deref()) {
            (None, _) => "pending",
            (Some(true), _) => "approved",
            (Some(false), Some(NOT_DECIDED)) => "undecided",
            (Some(false), _) => "rejected",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_id_never_becomes_a_subject() {
        assert_eq!("207358419203847".parse::<MetaId>().unwrap().claim().as_str(), "project.number.207358419203847");
        for hostile in ["", " 1", "1.2", "*", ">", "number", "-1", "１２", "1\n", &"1".repeat(33)] {
            assert_eq!(hostile.parse::<MetaId>(), Err(MetaIdError), "{hostile:?}");
        }
    }

    #[test]
    fn a_display_form_is_kept_as_meta_writes_it() {
        assert!("+1 (555) 010-2030".parse::<DisplayNumber>().is_ok());
        for hostile in ["", "<b>1</b>", "+1\u{202e}2", "1\n2", &"1".repeat(33)] {
            assert_eq!(hostile.parse::<DisplayNumber>(), Err(DisplayNumberError), "{hostile:?}");
        }
    }
}
