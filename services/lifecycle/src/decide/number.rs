//! The number of a project: one number belongs to one project.

use contract::{NumberClaimed, NumberDisconnected, NumberReleased, OperationKind, ProjectId};

use super::{Fact, Refusal, on, staying};
use crate::number::Number;
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

pub(super) fn disconnect(project: &Project) -> Result<Vec<Fact>, Refusal> {
    changeable(project)?;
    Ok(let_go(project))
}

/// What a project says when its number goes: nothing, if it has none.
pub(super) fn let_go(project: &Project) -> Vec<Fact> {
    let Some(number) = &project.number else { return Vec::new() };
    vec![
        on(project.id, NumberDisconnected { phone_number_id: number.id.as_str().to_owned() }),
        Fact { subject: number.id.claim(), event: NumberReleased { project: project.id }.into() },
    ]
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
