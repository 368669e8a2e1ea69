//! What is known of a connected number: what Meta says about it, its profile, its display name. Billing has no say in any of it.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{BusinessProfileChanged, DisplayNameDecided, DisplayNameRequested, NumberDescribed, NumberOffered};

use super::{Fact, Refusal, on, staying};
use crate::number::NOT_DECIDED;
use crate::number::profile::ProfileChanges;
use crate::project::Project;

/// How long Meta may take to decide about a name: mostly minutes, some days at most. Nobody waits longer.
pub(crate) const NAME_REVIEW_TIME_MAX: TimeDelta = TimeDelta::days(14);

/// There is a number, and what is needed to ask Meta about it.
pub(crate) fn reachable(project: &Project) -> Result<&NumberOffered, Refusal> {
    staying(project)?;
    project.offer_of_number().ok_or(Refusal::NumberNotConnected)
}

/// Another name can be asked for.
pub(crate) fn nameable(project: &Project) -> Result<(), Refusal> {
    reachable(project)?;
    if project.name_in_review().is_some() { Err(Refusal::NameInReview) } else { Ok(()) }
}

/// Of a number that the project has no more nothing is said.
pub(super) fn number(project: &Project, described: &NumberDescribed) -> Vec<Fact> {
    let ours = project.number.as_ref().is_some_and(|number| number.id.as_str() == described.phone_number_id);
    if !ours || project.leaving() || project.description.as_ref() == Some(described) {
        return Vec::new();
    }
    vec![on(project.id, described.clone())]
}

/// Meta has taken it already, so nothing is refused but what belongs to no number. What Meta had `before` counts, which may have been changed
/// there; only a photo's handle is known from here alone.
pub(super) fn profile(project: &Project, before: &BusinessProfileChanged, changes: &ProfileChanges) -> Result<Vec<Fact>, Refusal> {
    reachable(project)?;
    let photo_handle = project.profile.as_ref().and_then(|noted| noted.photo_handle.clone());
    let mut profile = BusinessProfileChanged { photo_handle, ..before.clone() };
    changes.apply(&mut profile);
    if project.profile.as_ref() == Some(&profile) {
        return Ok(Vec::new());
    }
    Ok(vec![on(project.id, profile)])
}

pub(super) fn name_requested(project: &Project, name: &str) -> Result<Vec<Fact>, Refusal> {
    reachable(project)?;
    match project.name_in_review() {
        Some(is) if is.name == name => Ok(Vec::new()),
        Some(_) => Err(Refusal::NameInReview),
        None => Ok(vec![on(project.id, DisplayNameRequested { name: name.to_owned() })]),
    }
}

/// Counts also for a name that was asked for elsewhere, or of whose request nothing is known because we stopped at that moment; and after
/// the name was given up here. While another is in review, it says no more than what the number is called.
pub(super) fn name_decided(project: &Project, decided: &DisplayNameDecided) -> Vec<Fact> {
    let DisplayNameDecided { name, approved, reason } = decided;
    let known = project.display_name.as_ref().is_some_and(|is| is.name == *name && is.approved == Some(*approved) && is.reason == *reason);
    if project.number.is_none() || project.leaving() || known {
        return Vec::new();
    }
    let another = project.name_in_review().is_some_and(|is| is.name != *name);
    let mut facts = if another { Vec::new() } else { vec![on(project.id, decided.clone())] };
    if let Some(description) = project.description.clone().filter(|is| *approved && is.verified_name.as_ref() != Some(name)) {
        let (verified_name, name_status) = (Some(name.clone()), Some("APPROVED".to_owned()));
        facts.push(on(project.id, NumberDescribed { verified_name, name_status, ..description }));
    }
    facts
}

/// A name about which Meta has said nothing for too long. Should it speak later, it has the last word.
pub(super) fn name_overdue(project: &Project, now: DateTime<Utc>) -> Vec<Fact> {
    match project.name_in_review() {
        Some(is) if is.since + NAME_REVIEW_TIME_MAX <= now => {
            let reason = Some(NOT_DECIDED.to_owned());
            vec![on(project.id, DisplayNameDecided { name: is.name.clone(), approved: false, reason })]
        }
        Some(_) | None => Vec::new(),
    }
}
