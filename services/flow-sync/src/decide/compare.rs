//! What was uploaded, what is held here, and what Meta has: which step brings them together, without taking anything from anybody.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{FlowDetails, FlowDriftFound};

use super::{DRAFT, PUBLISHED};
use crate::details;
use crate::flow::Flow;

/// Meta's clock and ours may differ by so much, and a call may last as long.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::minutes(2);

/// What Meta has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Theirs {
    /// Of the JSON, as Meta gives it; none: it has none.
    pub(crate) sha256: Option<String>,
    /// The newest revision of ours that says the same.
    pub(crate) revision: Option<u32>,
    /// Somebody else changed it after Meta was told of it last. Asked until something of ours was uploaded.
    pub(crate) touched: bool,
    /// Categories and endpoint, if Meta said.
    pub(crate) details: Option<FlowDetails>,
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
    /// It would take a published Flow away from people, and nobody said that they want it.
    Hold,
}

/// `status` is what Meta says now.
pub(crate) fn plan(flow: &Flow, status: &str, theirs: &Theirs) -> Plan {
    let Some(current) = flow.current() else { return Plan::Nothing };
    let uploaded = flow.uploaded_revision();
    let chosen = flow.overwrite.as_ref();
    let known = theirs.revision.is_some_and(|revision| uploaded.is_none_or(|uploaded| revision >= uploaded));
    let content = theirs.sha256.as_ref().filter(|sha256| {
        let may_overwrite = chosen.is_some_and(|chosen| chosen.content && chosen.meta_sha256 == **sha256);
        // A new Flow has some content of Meta's own.
        (uploaded.is_some() || theirs.touched) && !known && !may_overwrite
    });
    let details = theirs.details.as_ref().filter(|theirs| are_others(flow, theirs));
    if content.is_some() || details.is_some() {
        let uploaded_sha = flow.uploaded.as_ref().map(|uploaded| uploaded.meta_sha256.clone());
        let meta_sha256 = content.cloned().or(uploaded_sha).unwrap_or_default();
        let noted = flow.drift.as_ref().is_some_and(|drift| drift.meta_sha256 == meta_sha256 && drift.details.as_ref() == details);
        let found = FlowDriftFound { meta_sha256, revision: uploaded, details: details.cloned() };
        return if noted { Plan::Nothing } else { Plan::Drift(found) };
    }
    if theirs.revision == Some(current.revision) {
        // What failed on the way here has not failed after all.
        let stuck = flow.failure.as_ref().is_some_and(|failure| ["upload", "read", "update"].contains(&failure.step.as_str()));
        let so = uploaded == Some(current.revision) && flow.drift.is_none() && chosen.is_none() && !stuck;
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

/// Whether somebody changed the Flow at Meta before anything was uploaded; `updated_at` is when it changed last, as Meta says.
pub(crate) fn is_touched(flow: &Flow, updated_at: Option<DateTime<Utc>>) -> bool {
    flow.told.zip(updated_at).is_some_and(|(told, updated_at)| updated_at > told + CLOCKS_DIFFER_MAX)
}

/// Somebody changed categories or endpoint at Meta, of whose content nothing else is known than before.
pub(crate) fn details_drift(flow: &Flow, theirs: &FlowDetails) -> Option<FlowDriftFound> {
    let known = flow.drift.as_ref().map(|drift| &drift.meta_sha256).or(flow.uploaded.as_ref().map(|uploaded| &uploaded.meta_sha256));
    let meta_sha256 = known.cloned().unwrap_or_default();
    are_others(flow, theirs).then(|| FlowDriftFound { meta_sha256, revision: flow.uploaded_revision(), details: Some(theirs.clone()) })
}

/// Neither ours, nor what somebody chose to overwrite.
fn are_others(flow: &Flow, theirs: &FlowDetails) -> bool {
    let chosen = flow.overwrite.as_ref().and_then(|chosen| chosen.details.as_ref());
    !details::same(theirs, &flow.details()) && !chosen.is_some_and(|chosen| details::same(chosen, theirs))
}
