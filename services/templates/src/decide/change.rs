//! What somebody wants of a template: that it is made, changed, deleted. Meta's rules first, as far as they can be known here.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{RawJson, TemplateDeleteRequested, TemplateDeleted, TemplateEditRequested, TemplateEvent, TemplateRequested};
use serde_json::Value;

use super::Refusal;
use crate::template::{APPROVED, Deleted, EDITS_MAX, EDITS_SPAN, Pending, Step, Template};

/// For how long Meta blocks the name of an approved template that was deleted.
pub(crate) const NAME_BLOCKED: TimeDelta = TimeDelta::days(30);
/// Between two edits of an approved template.
const EDIT_PAUSE: TimeDelta = TimeDelta::hours(24);
/// Templates that Meta makes in an account in [`CREATIONS_SPAN`].
const CREATIONS_MAX: usize = 100;
const CREATIONS_SPAN: TimeDelta = TimeDelta::hours(1);
/// As which a template can be edited.
const EDITABLE: [&str; 3] = [APPROVED, "REJECTED", "PAUSED"];

/// What follows from a wish.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Granted {
    /// It is said, and then asked of Meta.
    New(Vec<TemplateEvent>),
    /// The same was asked for before.
    Same,
}

/// A template that is to be made. `others` is when each template of the account was asked for.
pub(crate) fn create(
    template: Option<&Template>,
    wish: &TemplateRequested,
    others: &[DateTime<Utc>],
    now: DateTime<Utc>,
) -> Result<Granted, Refusal> {
    match template {
        Some(Template { deleted: Some(deleted), .. }) => {
            if let Some(until) = blocked_until(deleted).filter(|until| now < *until) {
                return Err(Refusal::NameBlocked { until });
            }
        }
        // Meta refused it: it may be asked for anew.
        Some(template) if template.meta_id.is_none() && template.pending.is_none() => {}
        Some(template) => {
            let deleting = matches!(&template.pending, Some(Pending { step: Step::Delete { .. }, .. }));
            let same = template.asked.as_ref().is_some_and(|asked| is_same(asked, &wish.definition));
            return if same && !deleting { Ok(Granted::Same) } else { Err(Refusal::Exists(template.id)) };
        }
        None => {}
    }
    let mut recent: Vec<_> = others.iter().filter(|at| now - **at < CREATIONS_SPAN).collect();
    if recent.len() >= CREATIONS_MAX {
        recent.sort_unstable();
        let at = *recent[recent.len() - CREATIONS_MAX] + CREATIONS_SPAN;
        return Err(Refusal::TooManyCreations { at });
    }
    Ok(Granted::New(vec![wish.clone().into()]))
}

/// Until when nobody can make a template of this name; none: it is free.
pub(crate) fn blocked_until(deleted: &Deleted) -> Option<DateTime<Utc>> {
    // When a template vanished at Meta is not known, only when it was missed: Meta says itself whether the name is free.
    (deleted.was_approved && deleted.heard_from == contract::HeardFrom::Request).then(|| deleted.at + NAME_BLOCKED)
}

/// A change. Meta is asked for what the event says, which is what was given without what stays.
pub(crate) fn edit(template: Option<&Template>, given: &Value, version: Option<u64>, now: DateTime<Utc>) -> Result<Granted, Refusal> {
    let template = there(template)?;
    let mut edit = given.clone();
    let same_category = edit.get("category").and_then(Value::as_str) == Some(template.category.as_str());
    if let Some(edit) = edit.as_object_mut().filter(|_| same_category && template.is_approved()) {
        edit.remove("category");
        if edit.is_empty() {
            return Err(Refusal::NothingToChange);
        }
    }
    if let Some(pending) = &template.pending {
        let same = matches!(&pending.step, Step::Edit { edit: asked, .. } if is_json(asked, &edit));
        return if same { Ok(Granted::Same) } else { Err(Refusal::Busy { step: pending.step.name() }) };
    }
    unchanged(template, version)?;
    let status = at_meta(template)?;
    if !EDITABLE.contains(&status) {
        return Err(Refusal::NotEditable { status: status.to_owned() });
    }
    if template.is_approved() {
        if edit.get("category").is_some() {
            return Err(Refusal::CategoryFixed);
        }
        often(template, now)?;
    }
    let edit = RawJson::parse(&edit.to_string()).map_err(|_| Refusal::NothingToChange)?;
    Ok(Granted::New(vec![TemplateEditRequested { edit }.into()]))
}

fn often(template: &Template, now: DateTime<Utc>) -> Result<(), Refusal> {
    let recent: Vec<_> = template.edits.iter().filter(|at| now - **at < EDITS_SPAN).collect();
    if recent.len() >= EDITS_MAX {
        return Err(Refusal::TooManyEdits { at: *recent[recent.len() - EDITS_MAX] + EDITS_SPAN });
    }
    match recent.last() {
        Some(last) if now - **last < EDIT_PAUSE => Err(Refusal::EditTooSoon { at: **last + EDIT_PAUSE }),
        Some(_) | None => Ok(()),
    }
}

/// That it goes. What Meta never took goes at once.
pub(crate) fn delete(template: Option<&Template>, version: Option<u64>) -> Result<Granted, Refusal> {
    let template = there(template)?;
    match &template.pending {
        Some(Pending { step: Step::Delete { .. }, .. }) => return Ok(Granted::Same),
        Some(pending) => return Err(Refusal::Busy { step: pending.step.name() }),
        None => {}
    }
    unchanged(template, version)?;
    let asked = TemplateDeleteRequested {}.into();
    match template.status.as_deref().filter(|_| template.meta_id.is_some()) {
        Some("DISABLED") => Err(Refusal::Disabled),
        Some(_) => Ok(Granted::New(vec![asked])),
        None => Ok(Granted::New(vec![asked, TemplateDeleted { heard_from: contract::HeardFrom::Request }.into()])),
    }
}

/// Whether it can be taken out of its pause.
pub(crate) fn unpause(template: Option<&Template>) -> Result<(), Refusal> {
    let template = there(template)?;
    if let Some(pending) = &template.pending {
        return Err(Refusal::Busy { step: pending.step.name() });
    }
    match at_meta(template)? {
        "PAUSED" => Ok(()),
        status => Err(Refusal::NotPaused { status: status.to_owned() }),
    }
}

fn there(template: Option<&Template>) -> Result<&Template, Refusal> {
    template.filter(|template| template.is_there()).ok_or(Refusal::NotFound)
}

fn at_meta(template: &Template) -> Result<&str, Refusal> {
    template.status.as_deref().filter(|_| template.meta_id.is_some()).ok_or(Refusal::NotAtMeta)
}

fn unchanged(template: &Template, version: Option<u64>) -> Result<(), Refusal> {
    match version {
        Some(version) if version != template.sequence => Err(Refusal::OtherVersion { current: template.sequence }),
        Some(_) | None => Ok(()),
    }
}

fn is_same(one: &RawJson, other: &RawJson) -> bool {
    serde_json::from_str::<Value>(other.get()).is_ok_and(|other| is_json(one, &other))
}

fn is_json(raw: &RawJson, json: &Value) -> bool {
    serde_json::from_str::<Value>(raw.get()).is_ok_and(|raw| raw == *json)
}
