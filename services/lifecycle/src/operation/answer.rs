//! An operation as callers see it.

use chrono::{DateTime, Utc};
use contract::{LeftAtMeta, OperationKind, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Operation, Outcome, StepDone, steps};
use crate::project::provisioning::{Part, Provisioning};
use crate::store::Erased;

/// Work that goes on after its request was answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperationAnswer {
    #[schema(example = "op_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    /// `create_project`, `connect_number`, `disconnect_number`, `reset_project` or `delete_project`.
    #[schema(example = "create_project")]
    kind: &'static str,
    /// `running`, `succeeded` or `failed`. One that failed can be tried again.
    status: &'static str,
    project_id: String,
    /// In order.
    steps: Vec<StepAnswer>,
    /// Why it failed.
    error: Option<OperationError>,
    created_at: DateTime<Utc>,
    /// When it is given up, while it runs.
    deadline: Option<DateTime<Utc>>,
    /// When it succeeded or failed.
    finished_at: Option<DateTime<Utc>>,
}

/// One named step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepAnswer {
    #[schema(example = "database")]
    name: &'static str,
    /// `pending`, `done` or `failed`.
    status: &'static str,
    /// When it was done or failed.
    at: Option<DateTime<Utc>>,
    /// What the step consists of, where that is known: of `database` `roles`, `database`, `tables` and `privileges`; of `number` and
    /// `give_back` the calls by which Meta took back what it had to, `deregister/…` a number and `unsubscribe/…` an account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartAnswer>,
    /// What stays at Meta although the step is done: Meta refused to take it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<LeftAnswer>,
}

/// What Meta did not take back, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeftAnswer {
    /// Stable name of the cause.
    #[schema(example = "registration_limit_reached")]
    code: String,
    /// What is left, and Meta's own words, for people.
    reason: String,
}

/// A part of a step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartAnswer {
    name: String,
    /// `pending`, `done` or `failed`.
    status: &'static str,
    /// When it was done or failed.
    at: Option<DateTime<Utc>>,
}

/// Why an operation failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperationError {
    /// The step that failed.
    step: String,
    /// Stable name of the cause; `deadline_passed` when the step was not done in time.
    code: String,
    /// What happened, for people; Meta's own words where Meta refused, or said last that it cannot do it yet.
    reason: String,
}

impl OperationAnswer {
    pub(crate) fn of(project: ProjectId, operation: &Operation, provisioning: &Provisioning) -> Self {
        let failure = operation.failure();
        let steps = steps::of(operation.kind).iter().map(|step| {
            let done = operation.done_at(step.name);
            let failed = failure.filter(|failure| failure.step == step.name && done.is_none());
            let making = operation.kind == OperationKind::CreateProject && step.name == steps::DATABASE;
            let gives_back = [steps::NUMBER, steps::GIVE_BACK].contains(&step.name);
            let parts = if making {
                provisioning.parts().into_iter().map(PartAnswer::of).collect()
            } else if gives_back {
                operation.calls_back().map(PartAnswer::done).collect()
            } else {
                Vec::new()
            };
            StepAnswer {
                name: step.name,
                status: status(done.is_some(), failed.is_some()),
                at: done.or(failed.map(|failure| failure.at)),
                parts,
                left: operation.left_by(step.name).cloned().map(LeftAnswer::of),
            }
        });
        Self {
            id: operation.id.to_string(),
            kind: operation.kind.as_str(),
            status: operation.status(),
            project_id: project.to_string(),
            steps: steps.collect(),
            error: failure.map(|failure| OperationError {
                step: failure.step.clone(),
                code: failure.code.clone(),
                reason: failure.reason.clone(),
            }),
            created_at: operation.started_at,
            deadline: Some(operation.deadline).filter(|_| operation.running()),
            finished_at: match &operation.outcome {
                Outcome::Running => None,
                Outcome::Failed(failure) => Some(failure.at),
                Outcome::Succeeded { at } => Some(*at),
            },
        }
    }

    /// The deletion of a project of which nothing else is known any more. `left`: why Meta did not take its number back, if it did not.
    pub(crate) fn of_erased(erased: &Erased, left: Option<&str>) -> Self {
        let kind = OperationKind::DeleteProject;
        let done = |step: &steps::Step| StepAnswer {
            name: step.name,
            status: status(true, false),
            at: Some(erased.at),
            parts: Vec::new(),
            left: left.filter(|_| step.name == steps::NUMBER).map(LeftAnswer::forgotten),
        };
        Self {
            id: erased.operation.to_string(),
            kind: kind.as_str(),
            status: "succeeded",
            project_id: erased.project.to_string(),
            steps: steps::of(kind).iter().map(done).collect(),
            error: None,
            // When it was asked for is gone too.
            created_at: erased.at,
            deadline: None,
            finished_at: Some(erased.at),
        }
    }

    /// Where it can be asked for.
    pub(crate) fn location(&self) -> String {
        format!("/v1/operations/{}", self.id)
    }
}

impl PartAnswer {
    fn of(part: Part) -> Self {
        Self { name: part.name.to_owned(), status: status(part.done, part.at.is_some() && !part.done), at: part.at }
    }

    fn done(call: &StepDone) -> Self {
        Self { name: call.step.clone(), status: status(true, false), at: Some(call.at) }
    }
}

impl LeftAnswer {
    fn of(left: LeftAtMeta) -> Self {
        Self { code: left.code, reason: left.reason }
    }

    fn forgotten(code: &str) -> Self {
        let reason = "Meta did not take everything back; what it was went with the project".to_owned();
        Self { code: code.to_owned(), reason }
    }
}

fn status(done: bool, failed: bool) -> &'static str {
    match (done, failed) {
        (true, _) => "done",
        (false, true) => "failed",
        (false, false) => "pending",
    }
}
