//! What a Flow may be asked for at Meta, as far as is known here. Meta has the last word.

use super::change::living;
use super::{BLOCKED, DEPRECATED, DRAFT, PUBLISHED, Refusal, THROTTLED};
use crate::flow::Flow;

/// Whether the current revision may be published; false: people have it.
pub(crate) fn may_publish(flow: &Flow) -> Result<bool, Refusal> {
    living(flow)?;
    match flow.status() {
        Some(DEPRECATED) => return Err(Refusal::Deprecated),
        Some(status @ (THROTTLED | BLOCKED)) => return Err(Refusal::Restricted(status.to_owned())),
        Some(_) | None => {}
    }
    let current = flow.current().ok_or(Refusal::NoJson)?;
    if flow.drift.is_some() {
        return Err(Refusal::Drifted);
    }
    if flow.status() == Some(PUBLISHED) && flow.published == Some(current.revision) && flow.is_uploaded() {
        return Ok(false);
    }
    // Of other versions not every rule is known: Meta is asked.
    if !current.findings.is_empty() && current.json_version.as_deref().is_none_or(is_judged) {
        return Err(Refusal::Invalid);
    }
    Ok(true)
}

/// A document without a version that exists cannot be published either.
fn is_judged(version: &str) -> bool {
    version == flow_json::JUDGED.to_string()
}

/// Whether it may be deprecated; false: it is.
pub(crate) fn may_deprecate(flow: &Flow) -> Result<bool, Refusal> {
    living(flow)?;
    match flow.status() {
        Some(DEPRECATED) => Ok(false),
        Some(DRAFT) | None => Err(Refusal::NotPublished),
        // Also what is restricted: Meta says whether that can be deprecated.
        Some(_) => Ok(true),
    }
}

/// Whether it may be deleted; false: it is. A draft may, as Meta has it, also one of which something was published before.
pub(crate) fn may_delete(flow: &Flow) -> Result<bool, Refusal> {
    if flow.created.is_none() {
        return Err(Refusal::NotFound);
    }
    match flow.status() {
        _ if !flow.exists() => Ok(false),
        Some(DRAFT) | None => Ok(true),
        Some(other) => Err(Refusal::NotDraft(other.to_owned())),
    }
}
