//! An offer to another workspace: made, taken, refused, taken back, run out. The first answer is the one that counts.

use chrono::{DateTime, Utc};
use contract::{ProjectTransferred, TransferEnded, TransferId, TransferOutcome, TransferRequested, WorkspaceId};

use super::{Fact, Refusal, on, staying};
use crate::project::Project;
use crate::transfer::{OFFER_TIME_MAX, Transfer, TransferState};

pub(super) fn request(
    project: &Project,
    transfer: TransferId,
    (from, to): (WorkspaceId, WorkspaceId),
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    // It has another owner since the caller was looked at.
    if project.workspace != from {
        return Err(Refusal::NoProject);
    }
    staying(project)?;
    if to == project.workspace {
        return Err(Refusal::SameWorkspace);
    }
    let mut facts = overdue(project, now);
    match project.pending_transfer() {
        Some(pending) if facts.is_empty() && pending.to == to => return Ok(Vec::new()),
        Some(_) if facts.is_empty() => return Err(Refusal::TransferPending),
        Some(_) | None => {}
    }
    facts.push(on(project.id, TransferRequested { transfer, to, expires_at: now + OFFER_TIME_MAX }));
    Ok(facts)
}

pub(super) fn accept(project: &Project, transfer: TransferId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    let offer = named(project, transfer)?;
    match standing(offer, now) {
        TransferState::Pending => Ok(vec![on(project.id, ProjectTransferred { transfer, from: offer.from, to: offer.to })]),
        TransferState::Accepted => Ok(Vec::new()),
        TransferState::Ended(outcome) => Err(Refusal::TransferEnded(outcome)),
    }
}

/// The workspace was deleted at the very moment at which it accepted, so the project goes back to whoever offered it: a personal account,
/// which always stays, or the installation's own workspace. It is done by a new `transfer`: under the id of the first one, the bot's
/// password would again be one that the other workspace knew.
pub(super) fn give_back(project: &Project, transfer: TransferId, gone: WorkspaceId) -> Vec<Fact> {
    let taken =
        project.transfer.as_ref().filter(|offer| offer.state == TransferState::Accepted && offer.to == gone && project.workspace == gone);
    taken.map(|offer| on(project.id, ProjectTransferred { transfer, from: gone, to: offer.from })).into_iter().collect()
}

pub(super) fn decline(project: &Project, transfer: TransferId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    end(project, named(project, transfer)?, TransferOutcome::Declined, now)
}

pub(super) fn withdraw(project: &Project, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    end(project, project.transfer.as_ref().ok_or(Refusal::NoTransfer)?, TransferOutcome::Withdrawn, now)
}

/// What happens when nobody has answered in time.
pub(super) fn overdue(project: &Project, now: DateTime<Utc>) -> Vec<Fact> {
    let over = project.pending_transfer().is_some_and(|offer| offer.expires_at <= now);
    if over { ended(project, TransferOutcome::Expired) } else { Vec::new() }
}

/// The offer is off the table; nothing, if there is none.
pub(super) fn ended(project: &Project, outcome: TransferOutcome) -> Vec<Fact> {
    project.pending_transfer().map(|offer| on(project.id, TransferEnded { transfer: offer.id, outcome })).into_iter().collect()
}

fn end(project: &Project, offer: &Transfer, wanted: TransferOutcome, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    match standing(offer, now) {
        TransferState::Pending => Ok(ended(project, wanted)),
        TransferState::Accepted => Err(Refusal::TransferAccepted),
        TransferState::Ended(outcome) if outcome == wanted => Ok(Vec::new()),
        TransferState::Ended(outcome) => Err(Refusal::TransferEnded(outcome)),
    }
}

fn named(project: &Project, transfer: TransferId) -> Result<&Transfer, Refusal> {
    project.transfer.as_ref().filter(|offer| offer.id == transfer).ok_or(Refusal::NoTransfer)
}

/// How it stands at this instant, whether or not that has been said already.
fn standing(offer: &Transfer, now: DateTime<Utc>) -> TransferState {
    let over = offer.state == TransferState::Pending && offer.expires_at <= now;
    if over { TransferState::Ended(TransferOutcome::Expired) } else { offer.state }
}
