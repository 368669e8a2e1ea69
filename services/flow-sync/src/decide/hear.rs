//! What Meta did or said, as events; none where it is known.

use chrono::{DateTime, SubsecRound, Utc};
use contract::{
    EventId, FlowDeleted, FlowDetails, FlowDriftFound, FlowEvent, FlowHealthReported, FlowLinked, FlowPublished, FlowStatusReported,
    FlowSyncFailed, FlowUpdated, FlowUploaded, HeardFrom, RawJson, UNKNOWN_REVISION,
};
use serde_json::Value;

use super::change::raw;
use super::{BLOCKED, DRAFT, PUBLISHED, THROTTLED};
use crate::flow::{Flow, Link, Revision};

/// Meta has the Flow, under this id, for life; with which JSON.
pub(crate) fn linked(flow: &Flow, link: &Link, meta_sha256: &str) -> Vec<FlowEvent> {
    if !flow.exists() || flow.link.as_ref() == Some(link) {
        return Vec::new();
    }
    let Link { flow_id, waba_id } = link.clone();
    vec![FlowLinked { flow_id, waba_id, meta_sha256: Some(meta_sha256.to_owned()) }.into()]
}

/// Meta has a revision.
pub(crate) fn uploaded(flow: &Flow, revision: &Revision, meta_sha256: &str, errors: Vec<Value>) -> Vec<FlowEvent> {
    if !flow.exists() {
        return Vec::new();
    }
    let (sha256, meta_sha256, validation_errors) = (revision.sha256.clone(), meta_sha256.to_owned(), raw(errors));
    vec![FlowUploaded { revision: revision.revision, sha256, meta_sha256, validation_errors }.into()]
}

/// Meta was given a revision. By that a published Flow is a draft, which is said with it: until Meta is asked, nothing is sent that nobody may
/// open.
pub(crate) fn overwritten(
    flow: &Flow,
    revision: &Revision,
    meta_sha256: &str,
    errors: Vec<Value>,
    heard_from: HeardFrom,
    at: DateTime<Utc>,
) -> Vec<FlowEvent> {
    [uploaded(flow, revision, meta_sha256, errors), redrafted(flow, heard_from, at)].concat()
}

/// Meta was given something else of it, its JSON, name, categories or endpoint: what was published is a draft by that.
pub(crate) fn redrafted(flow: &Flow, heard_from: HeardFrom, at: DateTime<Utc>) -> Vec<FlowEvent> {
    if flow.status() == Some(PUBLISHED) { hear_status(flow, DRAFT, heard_from, None, at) } else { Vec::new() }
}

/// What follows from a webhook.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Heard {
    pub(crate) events: Vec<FlowEvent>,
    /// Meta is to be asked how it is.
    pub(crate) ask: bool,
}

/// How it stands. What Meta said earlier and is heard later changes nothing; its times are whole seconds.
pub(crate) fn hear_status(flow: &Flow, status: &str, heard_from: HeardFrom, warning: Option<&str>, at: DateTime<Utc>) -> Vec<FlowEvent> {
    let known = flow.status.as_ref();
    let late = heard_from == HeardFrom::Webhook && known.is_some_and(|known| at < known.at.trunc_subsecs(0));
    let same = known.is_some_and(|known| known.status == status && (warning.is_none() || known.warning.as_deref() == warning));
    if !flow.exists() || same || late {
        return Vec::new();
    }
    vec![stands(status, heard_from, warning, at)]
}

fn stands(status: &str, heard_from: HeardFrom, warning: Option<&str>, at: DateTime<Utc>) -> FlowEvent {
    FlowStatusReported { status: status.to_owned(), heard_from, warning: warning.map(str::to_owned), at }.into()
}

/// What a comparison found: how it stands, and what people can open then. `there` is the revision that Meta has.
pub(crate) fn found(flow: &Flow, status: &str, there: u32, heard_from: HeardFrom, at: DateTime<Utc>) -> Vec<FlowEvent> {
    let opened = if flow.exists() && is_open(status) { open(flow, there) } else { None };
    opened.into_iter().chain(hear_status(flow, status, heard_from, None, at)).collect()
}

fn open(flow: &Flow, revision: u32) -> Option<FlowEvent> {
    (flow.published != Some(revision)).then(|| FlowPublished { revision }.into())
}

/// What Meta has of it was published: whoever changes a Flow makes it a draft.
fn is_open(status: &str) -> bool {
    matches!(status, PUBLISHED | THROTTLED | BLOCKED)
}

/// People can open a revision, because somebody asked for it here.
pub(crate) fn published(flow: &Flow, revision: u32, at: DateTime<Utc>) -> Vec<FlowEvent> {
    found(flow, PUBLISHED, revision, HeardFrom::Request, at)
}

/// Meta has it no more.
pub(crate) fn gone(flow: &Flow, heard_from: HeardFrom) -> Vec<FlowEvent> {
    if flow.exists() { vec![FlowDeleted { heard_from }.into()] } else { Vec::new() }
}

/// Somebody changed it at Meta.
pub(crate) fn drifted(flow: &Flow, found: &FlowDriftFound) -> Vec<FlowEvent> {
    if flow.exists() { vec![found.clone().into()] } else { Vec::new() }
}

/// Meta has our name, categories and endpoint again, of which it had others.
pub(crate) fn agreed(flow: &Flow) -> Vec<FlowEvent> {
    if !flow.exists() || (flow.drift.is_none() && flow.overwrite.is_none()) {
        return Vec::new();
    }
    let FlowDetails { categories, endpoint_uri } = flow.details();
    vec![FlowUpdated { name: flow.name.clone(), categories, endpoint_uri, name_given_back: false }.into()]
}

/// Meta was given our name, categories and endpoint over others.
pub(crate) fn given_back(flow: &Flow, heard_from: HeardFrom, at: DateTime<Utc>) -> Vec<FlowEvent> {
    [agreed(flow), redrafted(flow, heard_from, at)].concat()
}

/// Meta did not do a step. The same again is no news.
pub(crate) fn failed(flow: &Flow, failure: FlowSyncFailed) -> Vec<FlowEvent> {
    let known = flow.failure.as_ref().is_some_and(|known| {
        (&known.step, &known.code, known.meta_code, known.revision) == (&failure.step, &failure.code, failure.meta_code, failure.revision)
    });
    if !flow.exists() || known { Vec::new() } else { vec![failure.into()] }
}

/// What a webhook says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Report {
    /// `before`: how it stood; none is said when a Flow was made, and may be heard late.
    Status {
        status: String,
        before: Option<String>,
        warning: Option<String>,
    },
    Health {
        event: String,
        alert_state: Option<String>,
        raw: RawJson,
    },
}

/// A webhook that was seen under an id. A second delivery has the same one.
pub(crate) fn report(flow: &Flow, heard: &Report, at: DateTime<Utc>, seen: impl Fn(&FlowEvent) -> EventId) -> Heard {
    if !flow.exists() {
        return Heard::default();
    }
    let Heard { events, ask } = match heard {
        Report::Status { status, before, warning } => reported(flow, status, before.as_deref(), warning.as_deref(), at),
        Report::Health { event, alert_state, raw } => {
            let health = FlowHealthReported { event: event.clone(), alert_state: alert_state.clone(), raw: raw.clone(), at };
            Heard { events: vec![health.into()], ask: false }
        }
    };
    Heard { events: events.into_iter().filter(|event| !flow.reports.contains(&seen(event))).collect(), ask }
}

/// Decides whether a reported status can be written as it is. Of two statuses in the same second nobody knows which came last, and of a
/// publication nobody knows what was published: then Meta is asked. Until it answers, a published Flow counts as no revision of ours,
/// unless the report is older than what is known here. Without what was before it may be how the Flow began, heard late: then another status
/// than the known one is asked about and not written.
fn reported(flow: &Flow, said: &str, before: Option<&str>, warning: Option<&str>, at: DateTime<Utc>) -> Heard {
    let known = flow.status.as_ref();
    let status = if before.is_none() { flow.status().unwrap_or(said) } else { said };
    if known.is_some_and(|known| known.status != status && known.at.trunc_subsecs(0) == at) {
        return Heard { events: Vec::new(), ask: true };
    }
    let unexplained = status != said && known.is_some_and(|known| known.at.trunc_subsecs(0) <= at);
    // Whoever publishes what is open already has made it a draft before.
    let is_republished = status == PUBLISHED && before.is_some_and(|before| !is_open(before));
    let is_opened = is_open(status) && (is_republished || !flow.status().is_some_and(is_open));
    let is_news = known.is_none_or(|known| known.at.trunc_subsecs(0) < at);
    let events = if is_opened && is_news {
        open(flow, UNKNOWN_REVISION).into_iter().chain([stands(status, HeardFrom::Webhook, warning, at)]).collect()
    } else {
        hear_status(flow, status, HeardFrom::Webhook, warning, at)
    };
    Heard { events, ask: is_opened || unexplained }
}
