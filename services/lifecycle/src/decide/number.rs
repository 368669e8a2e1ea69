//! The number of a project: one number belongs to one project.

use chrono::{DateTime, Utc};
use contract::{
    NumberClaimed, NumberDescribed, NumberDisconnected, NumberOffered, NumberReleased, OperationCompleted, OperationId, OperationKind,
    OperationStepCompleted, ProjectId,
};

use super::create::data_key;
use super::operate::{self, Why};
use super::{Fact, Refusal, on, staying};
use crate::number::Number;
use crate::operation::{Outcome, steps};
use crate::project::{Made, Project};

pub(super) fn connect(project: &Project, holder: Option<ProjectId>, number: &Number) -> Result<Vec<Fact>, Refusal> {
    if holder.is_some_and(|holder| holder != project.id) {
        return Err(Refusal::NumberTaken);
    }
    changeable(project)?;
    if project.made == Made::Failed {
        return Err(Refusal::ProjectFailed);
    }
    if project.number.as_ref() == Some(number) {
        return Ok(Vec::new());
    }
    // It would never be given back at Meta.
    if project.offer_held().is_some_and(|offer| offer.phone_number_id != number.id.as_str()) {
        return Err(Refusal::NumberSignedUp);
    }
    let connected = on(project.id, number.connected());
    // Only what Meta says about the number is new.
    if project.number.as_ref().is_some_and(|old| old.id == number.id) {
        return Ok(vec![connected]);
    }
    let mut facts = let_go(project);
    facts.push(connected);
    facts.push(Fact { subject: number.id.claim(), event: NumberClaimed { project: project.id }.into() });
    Ok(facts)
}

/// What signups brought is given back by an operation, also when it was never connected, or let go while Meta kept it.
pub(super) fn disconnect(project: &Project, operation: OperationId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    if project.offer_held().is_none() && project.superseded.is_empty() {
        changeable(project)?;
        return Ok(let_go(project));
    }
    let current = &project.operation;
    // Asked again, or on the way already.
    if current.running() && current.kind == OperationKind::DisconnectNumber {
        return Ok(Vec::new());
    }
    operate::idle(project)?;
    // Of one that was connected by its id there is nothing to give back: it goes at once.
    let mut facts = if project.offer_held().is_none() { let_go(project) } else { Vec::new() };
    facts.push(on(project.id, operate::started(operation, OperationKind::DisconnectNumber, now)));
    Ok(facts)
}

/// Whether a number may be signed up now: asked before a code of Meta's is spent on it. Billing has no say in it.
pub(crate) fn signable(project: &Project) -> Result<(), Refusal> {
    operate::usable(project)
}

pub(super) fn offer(
    project: &Project,
    holder: Option<ProjectId>,
    offer: &NumberOffered,
    wrapped_key: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    // Asked again.
    if project.offer.as_ref() == Some(offer) {
        return Ok(Vec::new());
    }
    signable(project)?;
    if holder.is_some_and(|holder| holder != project.id) {
        return Err(Refusal::NumberTaken);
    }
    let mut facts =
        vec![on(project.id, operate::started(offer.operation, OperationKind::ConnectNumber, now)), on(project.id, offer.clone())];
    facts.extend(wrapped_key.map(|wrapped| data_key(project.id, wrapped)));
    Ok(facts)
}

/// The step with which the number is connected, and the last if none was offered before. It counts also when the operation was given up
/// meanwhile, as every step does, until what was taken at Meta is given back for that.
pub(super) fn read(
    project: &Project,
    holder: Option<ProjectId>,
    operation: OperationId,
    number: &Number,
    described: &NumberDescribed,
) -> Vec<Fact> {
    let current = &project.operation;
    let ended = matches!(current.outcome, Outcome::Succeeded { .. });
    let going = current.failure().is_some() && (!current.gives_back() || current.calls_back().next().is_some());
    if current.id != operation || ended || going || !current.missing().any(|missing| missing == steps::READ_NUMBER) {
        return Vec::new();
    }
    if holder.is_some_and(|holder| holder != project.id) {
        let why = Why { step: steps::READ_NUMBER, code: "number_taken", reason: "another project has connected the number meanwhile" };
        return if current.running() { operate::given_up(project, why) } else { Vec::new() };
    }
    let same = project.number.as_ref().is_some_and(|old| old.id == number.id);
    let mut facts = if same { Vec::new() } else { let_go(project) };
    facts.push(on(project.id, number.connected()));
    if !same {
        facts.push(Fact { subject: number.id.claim(), event: NumberClaimed { project: project.id }.into() });
    }
    facts.push(on(project.id, described.clone()));
    facts.push(on(project.id, OperationStepCompleted { operation, step: steps::READ_NUMBER.to_owned(), left: None }));
    if project.superseded.is_empty() {
        facts.push(on(project.id, OperationCompleted { operation }));
    }
    facts
}

/// What a project says when its number goes: nothing, if it has none.
pub(super) fn let_go(project: &Project) -> Vec<Fact> {
    let Some(number) = &project.number else { return Vec::new() };
    vec![
        on(project.id, NumberDisconnected { phone_number_id: number.id.as_str().to_owned() }),
        Fact { subject: number.id.claim(), event: NumberReleased { project: project.id }.into() },
    ]
}

/// The events of a project when it is settled what Meta takes back of the numbers that it gives back. A number that was connected by its id
/// since then stays, even if giving back the others is tried again.
pub(super) fn given_back(project: &Project) -> Vec<Fact> {
    if project.offer.is_some() { let_go(project) } else { Vec::new() }
}

/// The number is nobody else's to change at the moment.
fn changeable(project: &Project) -> Result<(), Refusal> {
    staying(project)?;
    let operation = &project.operation;
    match operation.kind {
        OperationKind::ConnectNumber | OperationKind::DisconnectNumber if operation.running() => {
            Err(Refusal::OperationRunning { operation: operation.id, kind: operation.kind })
        }
        OperationKind::ConnectNumber
        | OperationKind::DisconnectNumber
        | OperationKind::CreateProject
        | OperationKind::ResetProject
        | OperationKind::DeleteProject => Ok(()),
    }
}
