//! What was uploaded, what is held here, and what Meta has: which step brings them together, without taking anything from anybody.

use contract::{FlowDetails, FlowDriftFound};

use super::{DRAFT, PUBLISHED};
use crate::details;
use crate::flow::{Drift, Flow};

/// What Meta has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Theirs {
    /// Of the JSON, as Meta gives it; none: it has none.
    pub(crate) sha256: Option<String>,
    /// The newest revision of ours that says the same.
    pub(crate) revision: Option<u32>,
    /// Categories and endpoint, if Meta said.
    pub(crate) details: Option<FlowDetails>,
    /// What it is called, if that is not what it is to be called.
    pub(crate) name: Option<String>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// All is well, or all is known.
    Nothing,
    /// Meta has this revision, and the log does not say so, or says that it has another.
    Record(u32),
    /// Meta is to get this revision.
    Upload(u32),
    /// Somebody changed it at Meta: to be said, nothing to be overwritten.
    Drift(FlowDriftFound),
    /// What differed is ours at Meta again, of a Flow of which nothing can be uploaded: to be said.
    Agree,
    /// It would take a published Flow away from people, and nobody said that they want it.
    Hold,
}

/// `status` is what Meta says now.
pub(crate) fn plan(flow: &Flow, status: &str, theirs: &Theirs) -> Plan {
    let uploaded = flow.uploaded_revision();
    let chosen = flow.chosen(status);
    let known = theirs.revision.is_some_and(|revision| uploaded.is_none_or(|uploaded| revision >= uploaded));
    let content = theirs.sha256.as_ref().filter(|sha256| {
        let may_overwrite = chosen.is_some_and(|chosen| chosen.content && chosen.meta_sha256 == **sha256);
        // A new Flow has some content of Meta's own.
        let untouched = uploaded.is_none() && flow.found_sha256.as_ref() == Some(*sha256);
        !known && !may_overwrite && !untouched
    });
    let details = theirs.details.as_ref().filter(|theirs| are_others(flow, theirs, chosen));
    let name = theirs.name.as_deref().filter(|theirs| is_anothers(theirs, chosen));
    if content.is_some() || details.is_some() || name.is_some() {
        let uploaded_sha = flow.uploaded.as_ref().map(|uploaded| uploaded.meta_sha256.clone());
        let meta_sha256 = content.cloned().or(uploaded_sha).unwrap_or_default();
        let noted = flow
            .drift
            .as_ref()
            .is_some_and(|drift| drift.meta_sha256 == meta_sha256 && drift.details.as_ref() == details && drift.name.as_deref() == name);
        let found = FlowDriftFound { meta_sha256, revision: uploaded, details: details.cloned(), name: name.map(str::to_owned) };
        return if noted { Plan::Nothing } else { Plan::Drift(found) };
    }
    let Some(current) = flow.current() else {
        return if flow.drift.is_some() || flow.overwrite.is_some() { Plan::Agree } else { Plan::Nothing };
    };
    if theirs.revision == Some(current.revision) {
        // What failed on the way here has not failed after all.
        let stuck = flow.failure.as_ref().is_some_and(|failure| ["upload", "read", "update"].contains(&failure.step.as_str()));
        let so = uploaded == Some(current.revision) && flow.drift.is_none() && flow.overwrite.is_none() && !stuck;
        return if so { Plan::Nothing } else { Plan::Record(current.revision) };
    }
    let may = match status {
        PUBLISHED => current.over_published || chosen.is_some_and(|chosen| chosen.content),
        DRAFT => true,
        // Deprecated, restricted, or something new.
        _ => false,
    };
    if may { Plan::Upload(current.revision) } else { Plan::Hold }
}

/// Somebody changed name, categories or endpoint at Meta, of whose content nothing else is known than before. `name` is what it is called
/// there, if that is not what it is to be called.
pub(crate) fn details_drift(flow: &Flow, details: Option<&FlowDetails>, name: Option<&str>) -> Option<FlowDriftFound> {
    let chosen = flow.overwrite.as_ref();
    let details = details.filter(|theirs| are_others(flow, theirs, chosen));
    let name = name.filter(|theirs| is_anothers(theirs, chosen));
    if details.is_none() && name.is_none() {
        return None;
    }
    let known = flow.drift.as_ref().map(|drift| &drift.meta_sha256).or(flow.uploaded.as_ref().map(|uploaded| &uploaded.meta_sha256));
    let meta_sha256 = known.cloned().unwrap_or_default();
    let (revision, details, name) = (flow.uploaded_revision(), details.cloned(), name.map(str::to_owned));
    Some(FlowDriftFound { meta_sha256, revision, details, name })
}

/// Neither ours, nor what somebody chose to overwrite.
fn are_others(flow: &Flow, theirs: &FlowDetails, chosen: Option<&Drift>) -> bool {
    let chosen = chosen.and_then(|chosen| chosen.details.as_ref());
    !details::same(theirs, &flow.details()) && !chosen.is_some_and(|chosen| details::same(chosen, theirs))
}

/// Not what somebody chose to overwrite; that it is not ours is known.
fn is_anothers(theirs: &str, chosen: Option<&Drift>) -> bool {
    chosen.and_then(|chosen| chosen.name.as_deref()) != Some(theirs)
}
