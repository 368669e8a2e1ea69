//! What people may change here: make, revise, rename, choose, delete.

use contract::{
    DriftChoice, FlowCreated, FlowDeleted, FlowDetails, FlowDriftResolved, FlowEvent, FlowId, FlowNameTaken, FlowRevised, FlowUpdated,
    HeardFrom, RawJson, flow_name_at_meta,
};
use serde_json::Value;

use super::{BLOCKED, DEPRECATED, PUBLISHED, Refusal, THROTTLED};
use crate::details;
use crate::document::Document;
use crate::flow::{Drift, Flow, Revision};
use crate::flow_name::FlowName;

/// Another Flow JSON.
pub(crate) struct Revise<'a> {
    pub(crate) document: &'a Document,
    pub(crate) message: Option<&'a str>,
    /// The revision that must be current, if the caller cares; 0: none may be.
    pub(crate) expected: Option<u32>,
    /// The caller knows that a published Flow goes back to draft.
    pub(crate) new_version: bool,
}

/// Which of two is right.
pub(crate) struct Choice<'a> {
    pub(crate) choice: DriftChoice,
    /// The digest of what the caller saw at Meta, if they say.
    pub(crate) seen: Option<&'a str>,
    pub(crate) new_version: bool,
    /// What Meta has, where it is to be taken.
    pub(crate) theirs: Option<&'a Document>,
}

/// The events that make a Flow of a name. `holder` is the Flow that was renamed to it, if one was.
pub(crate) fn create(
    id: FlowId,
    flow: &Flow,
    holder: Option<&Flow>,
    name: &FlowName,
    details: &FlowDetails,
    first: Option<&Revise<'_>>,
) -> Result<Vec<FlowEvent>, Refusal> {
    free(id, flow, holder, name)?;
    let FlowDetails { categories, endpoint_uri } = details.clone();
    let created = FlowCreated { name: name.to_string(), categories, endpoint_uri }.into();
    let revised = first.map(|wish| revised(flow.next_revision(), wish.document, wish.message, false));
    Ok(std::iter::once(created).chain(revised).collect())
}

/// On the subject of a name that a Flow is being renamed to: that it has it. `flow` and `holder` are as for [`create`].
pub(crate) fn rename_claim(id: FlowId, flow: &Flow, holder: Option<&Flow>, name: &FlowName, by: FlowId) -> Result<FlowEvent, Refusal> {
    if flow.taken_by != Some(by) {
        free(id, flow, holder, name)?;
    } else if flow.exists() {
        return Err(Refusal::NameTaken(id));
    }
    Ok(FlowNameTaken { flow: by }.into())
}

fn free(id: FlowId, flow: &Flow, holder: Option<&Flow>, name: &FlowName) -> Result<(), Refusal> {
    if flow.exists() {
        return Err(Refusal::NameTaken(id));
    }
    match (flow.taken_by, holder) {
        (Some(by), Some(holder)) if holder.exists() && holder.name == name.as_str() => Err(Refusal::NameTaken(by)),
        (Some(_), Some(_)) | (Some(_), None) | (None, _) => Ok(()),
    }
}

/// The event that gives the Flow another JSON; none if it has it. One that waits is given again by whoever says now that it may take the
/// Flow from people.
pub(crate) fn revise(flow: &Flow, wish: &Revise<'_>) -> Result<Option<FlowEvent>, Refusal> {
    living(flow)?;
    let current = flow.current().map_or(0, |current| current.revision);
    if wish.expected.is_some_and(|expected| expected != current) {
        return Err(Refusal::OtherRevision { current });
    }
    let same = flow.current().filter(|current| current.sha256 == wish.document.sha256.as_str());
    if same.is_some_and(|current| !wish.new_version || !is_held(flow, current)) {
        return Ok(None);
    }
    editable(flow, wish.new_version)?;
    Ok(Some(revised(flow.next_revision(), wish.document, wish.message, false)))
}

/// The name that Meta has to be told; `None` if Meta's name stays. Somebody who sends the name that the Flow already has here wants it back
/// at Meta, in case it was renamed there and that name was taken.
pub(crate) fn name_to_tell(id: FlowId, flow: &Flow, name: Option<&FlowName>) -> Option<String> {
    name.filter(|name| name.as_str() != flow.name || flow.called.taken.is_some()).map(|name| name.at_meta(id))
}

/// The event that changes name, categories or endpoint; none if they are so. No name: the one that it has.
pub(crate) fn update(id: FlowId, flow: &Flow, name: Option<&FlowName>, details: &FlowDetails) -> Result<Option<FlowEvent>, Refusal> {
    living(flow)?;
    if flow.status() == Some(DEPRECATED) {
        return Err(Refusal::Deprecated);
    }
    if flow.link.is_some() && flow.endpoint_uri.is_some() && details.endpoint_uri.is_none() {
        return Err(Refusal::EndpointStays);
    }
    let tells = name_to_tell(id, flow, name).is_some();
    if !tells && details::same(&flow.details(), details) {
        return Ok(None);
    }
    let name = name.map_or(flow.name.as_str(), FlowName::as_str);
    let is_lost = |drift: &Drift| {
        let details = drift.details.as_ref().is_some_and(|theirs| !details::same(theirs, details));
        details || drift.name.as_ref().is_some_and(|theirs| *theirs != flow_name_at_meta(name, id))
    };
    if flow.drift.as_ref().is_some_and(is_lost) {
        return Err(Refusal::Drifted);
    }
    let FlowDetails { categories, endpoint_uri } = details.clone();
    let name_given_back = tells && name == flow.name;
    Ok(Some(FlowUpdated { name: name.to_owned(), categories, endpoint_uri, name_given_back }.into()))
}

/// The events of a choice between what is here and what Meta has.
pub(crate) fn choose(flow: &Flow, wish: &Choice<'_>) -> Result<Vec<FlowEvent>, Refusal> {
    living(flow)?;
    let drift = flow.drift.as_ref().ok_or(Refusal::NoDrift)?;
    if wish.seen.is_some_and(|seen| seen != drift.meta_sha256) {
        return Err(Refusal::OtherDrift(drift.meta_sha256.clone()));
    }
    let meta_sha256 = drift.meta_sha256.clone();
    let mut events = vec![FlowDriftResolved { meta_sha256, choice: wish.choice }.into()];
    match wish.choice {
        DriftChoice::KeepOurs => {
            let endpoint = drift.details.as_ref().and_then(|theirs| theirs.endpoint_uri.as_ref());
            if endpoint.is_some() && flow.endpoint_uri.is_none() {
                return Err(Refusal::EndpointStays);
            }
            editable(flow, wish.new_version)?;
        }
        DriftChoice::TakeTheirs => {
            let theirs = wish.theirs.filter(|_| drift.content);
            events.extend(theirs.map(|theirs| revised(flow.next_revision(), theirs, None, true)));
            events.extend(drift.details.clone().map(|FlowDetails { categories, endpoint_uri }| {
                FlowEvent::from(FlowUpdated { name: flow.name.clone(), categories, endpoint_uri, name_given_back: false })
            }));
        }
    }
    Ok(events)
}

/// The event that ends a Flow of which Meta knows nothing, or no more.
pub(crate) fn delete_here(flow: &Flow) -> Result<Option<FlowEvent>, Refusal> {
    if flow.created.is_none() {
        return Err(Refusal::NotFound);
    }
    Ok(flow.exists().then(|| FlowDeleted { heard_from: HeardFrom::Request }.into()))
}

pub(super) fn living(flow: &Flow) -> Result<(), Refusal> {
    match (flow.exists(), flow.created.is_some()) {
        (true, _) => Ok(()),
        (false, true) => Err(Refusal::Deleted),
        (false, false) => Err(Refusal::NotFound),
    }
}

/// It was made of a draft that somebody published at Meta before it got there.
fn is_held(flow: &Flow, current: &Revision) -> bool {
    flow.status() == Some(PUBLISHED) && !flow.is_uploaded() && !current.over_published
}

/// Whether Meta may be given another JSON, name, categories or endpoint of it.
pub(crate) fn editable(flow: &Flow, new_version: bool) -> Result<(), Refusal> {
    match flow.status() {
        Some(PUBLISHED) if !new_version => Err(Refusal::Published),
        Some(status @ (THROTTLED | BLOCKED)) => Err(Refusal::Restricted(status.to_owned())),
        Some(DEPRECATED) => Err(Refusal::Deprecated),
        Some(_) | None => Ok(()),
    }
}

fn revised(revision: u32, document: &Document, message: Option<&str>, taken_from_meta: bool) -> FlowEvent {
    FlowRevised {
        revision,
        sha256: document.sha256.to_string(),
        size_bytes: document.bytes.len() as u64,
        json_version: document.version(),
        findings: raw(document.findings()),
        message: message.map(str::to_owned),
        taken_from_meta,
    }
    .into()
}

/// A list as events carry it.
pub(super) fn raw(list: Vec<Value>) -> RawJson {
    RawJson::parse(&Value::Array(list).to_string()).expect("a value is json")
}
