//! Operations: begun one at a time, their steps done, given up, tried again, finished.

use chrono::{DateTime, Utc};
use contract::{
    LeftAtMeta, OperationCompleted, OperationFailed, OperationId, OperationKind, OperationRetried, OperationStarted,
    OperationStepCompleted, ProjectErased, ProjectFailed, ProjectReady,
};

use super::{Fact, Refusal, number, on, staying};
use crate::operation::heard::Heard;
use crate::operation::{DEADLINE_PASSED, Outcome, steps};
use crate::project::{Made, Project};

/// What a step failed of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Why<'a> {
    /// The step.
    pub step: &'a str,
    /// Stable name of the cause.
    pub code: &'a str,
    /// For the owner to read.
    pub reason: &'a str,
}

/// The event that begins an operation.
pub(super) fn started(operation: OperationId, kind: OperationKind, now: DateTime<Utc>) -> OperationStarted {
    OperationStarted { operation, kind, deadline: now + steps::time_max(kind), overwrite: false }
}

/// Nothing is in the way of another operation.
pub(super) fn idle(project: &Project) -> Result<(), Refusal> {
    let operation = &project.operation;
    if operation.running() {
        return Err(Refusal::OperationRunning { operation: operation.id, kind: operation.kind });
    }
    staying(project)
}

/// Nothing is in the way of another operation, and the project can be used.
pub(super) fn usable(project: &Project) -> Result<(), Refusal> {
    idle(project)?;
    match project.made {
        Made::Ready => Ok(()),
        Made::NotYet => Err(Refusal::NotReady),
        Made::Failed => Err(Refusal::ProjectFailed),
    }
}

pub(super) fn reset(project: &Project, operation: OperationId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    usable(project)?;
    let current = &project.operation;
    // Any other operation takes what a failed signup has still to give back with it; after this one nobody would.
    if let Some(failure) = current.failure().filter(|_| current.gives_back()) {
        return Err(Refusal::NumberBeingGivenBack { operation: current.id, until: failure.given_back_until() });
    }
    Ok(vec![on(project.id, started(operation, OperationKind::ResetProject, now))])
}

pub(super) fn retry(project: &Project, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    let operation = &project.operation;
    match operation.outcome {
        Outcome::Running => Err(Refusal::OperationRunning { operation: operation.id, kind: operation.kind }),
        Outcome::Succeeded { .. } => Err(Refusal::NothingFailed),
        Outcome::Failed(_) => {
            let deadline = now + steps::time_max(operation.kind);
            Ok(vec![on(project.id, OperationRetried { operation: operation.id, deadline })])
        }
    }
}

/// A step that is done counts also when the operation was given up meanwhile. What another operation came after counts no more.
pub(super) fn step_done(project: &Project, operation: OperationId, step: &str) -> Vec<Fact> {
    let current = &project.operation;
    let ended = matches!(current.outcome, Outcome::Succeeded { .. });
    if current.id != operation || ended || !current.missing().any(|missing| missing == step) {
        return Vec::new();
    }
    let mut facts = vec![on(project.id, OperationStepCompleted { operation, step: step.to_owned(), left: None })];
    if current.missing().all(|missing| missing == step) {
        facts.extend(completed(project));
    }
    facts
}

/// Notes what Meta took back and what it did not. This never ends an operation: a deletion has other steps to come, and a signup has failed
/// already. What Meta answered before an operation was tried again says nothing about this try. `since`: see
/// [`super::Command::StepFailed`].
pub(super) fn given_back(project: &Project, operation: OperationId, step: &str, left: Option<&LeftAtMeta>, since: u64) -> Vec<Fact> {
    let current = &project.operation;
    let ended = matches!(current.outcome, Outcome::Succeeded { .. });
    if current.id != operation || ended || current.done_at(step).is_some() || since < current.retried_sequence {
        return Vec::new();
    }
    vec![on(project.id, OperationStepCompleted { operation, step: step.to_owned(), left: left.cloned() })]
}

/// What follows from the last step.
fn completed(project: &Project) -> Vec<Fact> {
    let operation = project.operation.id;
    let done = on(project.id, OperationCompleted { operation });
    match project.operation.kind {
        OperationKind::CreateProject => vec![on(project.id, ProjectReady {}), done],
        OperationKind::DisconnectNumber => number::given_back(project).into_iter().chain([done]).collect(),
        OperationKind::ConnectNumber | OperationKind::ResetProject => vec![done],
        OperationKind::DeleteProject => {
            let left = project.operation.left_by(steps::NUMBER).map(|left| left.code.clone());
            vec![on(project.id, ProjectErased { operation, left })]
        }
    }
}

/// A failure of what began before the operation was tried again is not one of this try. `since`: see [`super::Command::StepFailed`].
pub(super) fn step_failed(project: &Project, operation: OperationId, why: Why<'_>, since: u64) -> Vec<Fact> {
    let current = &project.operation;
    let missing = current.missing().any(|missing| missing == why.step);
    if current.id != operation || !current.running() || !missing || since < current.retried_sequence {
        return Vec::new();
    }
    let mut facts = match current.kind {
        // Meta will never take it back as things are: it is nobody's here from now on, and what failed tells what is left there.
        OperationKind::DisconnectNumber => number::given_back(project),
        OperationKind::CreateProject | OperationKind::ConnectNumber | OperationKind::ResetProject | OperationKind::DeleteProject => {
            Vec::new()
        }
    };
    facts.extend(given_up(project, why));
    facts
}

/// What happens when the time is up. The step that was waited for is told with what it was told last.
pub(super) fn overdue(project: &Project, heard: Option<&Heard>, now: DateTime<Utc>) -> Vec<Fact> {
    let operation = &project.operation;
    let step = operation.missing().next();
    match step {
        Some(step) if operation.running() && operation.deadline <= now => {
            let minutes = (operation.deadline - operation.tried_at).num_minutes();
            let last = heard.filter(|heard| heard.operation == operation.id && heard.step == step);
            let last = last.map(|heard| format!("; the last attempt ended with: {}", heard.words)).unwrap_or_default();
            let reason = format!("was not done within {minutes} minutes{last}");
            given_up(project, Why { step, code: DEADLINE_PASSED, reason: &reason })
        }
        Some(_) | None => Vec::new(),
    }
}

pub(super) fn given_up(project: &Project, Why { step, code, reason }: Why<'_>) -> Vec<Fact> {
    let operation = project.operation.id;
    let (step, code, reason) = (step.to_owned(), code.to_owned(), reason.to_owned());
    let failed = on(project.id, OperationFailed { operation, step: step.clone(), code, reason: reason.clone() });
    match project.operation.kind {
        OperationKind::CreateProject => vec![on(project.id, ProjectFailed { step, reason }), failed],
        OperationKind::ConnectNumber | OperationKind::DisconnectNumber | OperationKind::ResetProject | OperationKind::DeleteProject => {
            vec![failed]
        }
    }
}
