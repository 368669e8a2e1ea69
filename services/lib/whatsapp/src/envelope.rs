//! A webhook body cut into its changes, each the exact bytes that Meta sent.
//!
//! `{"object", "entry": [{"id", "time"?, "changes": [{"field", "value"}]}]}`; up to 1,000 updates come in one body. The
//! change travels on as it is: re-serialising would lose what we do not know yet. It does not look at what a change says, beyond
//! the ids that are needed to route it.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::lenient::{Object, elements, text_or_number};

/// Changes in one body that we take: Meta documents 1,000 updates in a POST.
pub const CHANGES_MAX: usize = 10_000;

/// Stands for the field of a change that names none.
pub const FIELD_MISSING: &str = "unknown";

/// One change of a webhook body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// The change object as it stands in the body. An entry that has no list of changes is kept whole, as if it were one.
    pub raw: &'a str,
    /// Subscription field, such as `messages`. As Meta wrote it: a caller who builds names from it must check it.
    pub field: Cow<'a, str>,
    /// `entry.id`: the WABA, or for `partner_solutions` and PARTNER_* events a business portfolio.
    pub waba_id: Option<Cow<'a, str>>,
    /// `entry.time`, Unix seconds; present on account-level fields only.
    pub entry_time: Option<i64>,
    /// `value.metadata.phone_number_id`, if the change is about a phone number.
    pub phone_number_id: Option<Cow<'a, str>>,
    /// Position in the body, from 0, over all entries.
    pub index: usize,
}

/// Why a body has no changes to cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("body is not utf-8")]
    NotUtf8,
    #[error("body is not json")]
    NotJson,
    #[error("body is not an object")]
    NotAnObject,
    #[error("body has no list of entries")]
    NoEntries,
    #[error("body has no change")]
    NoChanges,
    #[error("body has more than {CHANGES_MAX} changes")]
    TooMany,
}

/// Cuts `body` into at least one change. Every element of every `entry[].changes[]` comes out exactly once, in order; elements that are
/// not what they should be come out too, with what could be read of them.
pub fn split(body: &[u8]) -> Result<Vec<Change<'_>>, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::NotUtf8)?;
    let json: &RawValue = serde_json::from_str(text).map_err(|_| Unreadable::NotJson)?;
    let top = Object::read(json).ok_or(Unreadable::NotAnObject)?;
    let mut changes = Vec::new();
    let mut listed = false;
    for entries in top.all("entry").filter_map(elements) {
        listed = true;
        for entry in entries {
            split_entry(entry, &mut changes)?;
        }
    }
    match (listed, changes.is_empty()) {
        (false, _) => Err(Unreadable::NoEntries),
        (true, true) => Err(Unreadable::NoChanges),
        (true, false) => Ok(changes),
    }
}

fn split_entry<'a>(entry: &'a RawValue, changes: &mut Vec<Change<'a>>) -> Result<(), Unreadable> {
    let Some(object) = Object::read(entry) else {
        return push(changes, unknown(entry, None, None));
    };
    let waba_id = object.text("id");
    let time = object.integer("time");
    let mut listed = false;
    for listing in object.all("changes") {
        let Some(elements) = elements(listing) else { continue };
        listed = true;
        for element in elements {
            push(changes, read_change(element, waba_id.clone(), time))?;
        }
    }
    // an entry of some other shape (`messaging`, `standby`) is no less Meta's word
    if listed { Ok(()) } else { push(changes, unknown(entry, waba_id, time)) }
}

fn read_change<'a>(raw: &'a RawValue, waba_id: Option<Cow<'a, str>>, entry_time: Option<i64>) -> Change<'a> {
    let mut change = unknown(raw, waba_id, entry_time);
    let Some(object) = Object::read(raw) else { return change };
    if let Some(field) = object.get("field").and_then(text_or_number).filter(|field| !field.is_empty()) {
        change.field = field;
    }
    change.phone_number_id = object.object("value").and_then(|value| value.object("metadata")?.text("phone_number_id"));
    change
}

fn unknown<'a>(raw: &'a RawValue, waba_id: Option<Cow<'a, str>>, entry_time: Option<i64>) -> Change<'a> {
    Change { raw: raw.get(), field: Cow::Borrowed(FIELD_MISSING), waba_id, entry_time, phone_number_id: None, index: 0 }
}

fn push<'a>(changes: &mut Vec<Change<'a>>, mut change: Change<'a>) -> Result<(), Unreadable> {
    if changes.len() == CHANGES_MAX {
        return Err(Unreadable::TooMany);
    }
    change.index = changes.len();
    changes.push(change);
    Ok(())
}
