//! Work that takes time, as the events of its project leave it: started, its steps done one by one, given up, tried again, finished.
//!
//! A project has one at a time. Which steps a kind of operation has, and how long it may take, is said in [`steps`].

pub(crate) mod accepted;
pub(crate) mod answer;
pub(crate) mod delete;
pub(crate) mod drive;
pub(crate) mod heard;
pub(crate) mod list;
pub(crate) mod reset;
pub(crate) mod retry;
pub(crate) mod show;
pub(crate) mod steps;

use chrono::{DateTime, Utc};
use contract::{LeftAtMeta, OperationFailed, OperationId, OperationKind};
use serde::{Deserialize, Serialize};

/// The code of what was not done in time.
pub(crate) const DEADLINE_PASSED: &str = "deadline_passed";

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Operation {
    /// Its id.
    pub id: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// Whether, of a deletion, events are also overwritten on the broker's disk.
    pub overwrite: bool,
    /// When it was asked for.
    pub started_at: DateTime<Utc>,
    /// When it began, or was tried again last.
    pub tried_at: DateTime<Utc>,
    /// The sequence of the event by which it was tried again last; 0: it never was. What began before that is history.
    #[serde(default)]
    pub retried_sequence: u64,
    /// When it is given up unless it has ended.
    pub deadline: DateTime<Utc>,
    /// The steps that are done, in the order in which they were.
    pub done: Vec<StepDone>,
    /// How it stands.
    pub outcome: Outcome,
    /// The sequence of the event that began it; what lists are ordered by.
    pub started_sequence: u64,
    /// The sequence of the last event that changed it.
    pub sequence: u64,
}

/// A step that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StepDone {
    /// Which; or a part of one: see [`steps::deregister`].
    pub step: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What stays at Meta all the same.
    #[serde(default)]
    pub left: Option<LeftAtMeta>,
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It goes on.
    Running,
    /// It was given up; it can be tried again.
    Failed(Failure),
    /// It did all that it was to do.
    Succeeded {
        /// When.
        at: DateTime<Utc>,
    },
}

/// Why an operation was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// The step that failed.
    pub step: String,
    /// Stable name of the cause.
    pub code: String,
    /// Why, for the owner to read.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Failure {
    /// Whether nobody knows if Meta registered the number.
    pub(crate) fn leaves_registration_open(&self) -> bool {
        self.step == steps::REGISTER && self.code == DEADLINE_PASSED
    }

    /// How long what a signup took is tried to be given back after it failed: as long as for a disconnection.
    pub(crate) fn given_back_until(&self) -> DateTime<Utc> {
        self.at + steps::time_max(OperationKind::DisconnectNumber)
    }
}

impl Operation {
    pub(crate) fn begun(id: OperationId, kind: OperationKind, at: DateTime<Utc>, deadline: DateTime<Utc>, sequence: u64) -> Self {
        Self {
            id,
            kind,
            overwrite: false,
            started_at: at,
            tried_at: at,
            retried_sequence: 0,
            deadline,
            done: Vec::new(),
            outcome: Outcome::Running,
            started_sequence: sequence,
            sequence,
        }
    }

    pub(crate) fn running(&self) -> bool {
        self.outcome == Outcome::Running
    }

    pub(crate) fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Running | Outcome::Succeeded { .. } => None,
        }
    }

    /// `running`, `failed` or `succeeded`.
    pub(crate) fn status(&self) -> &'static str {
        match self.outcome {
            Outcome::Running => "running",
            Outcome::Failed(_) => "failed",
            Outcome::Succeeded { .. } => "succeeded",
        }
    }

    pub(crate) fn done_at(&self, step: &str) -> Option<DateTime<Utc>> {
        self.done.iter().find(|done| done.step == step).map(|done| done.at)
    }

    /// What stays at Meta although the step is done.
    pub(crate) fn left_by(&self, step: &str) -> Option<&LeftAtMeta> {
        self.done.iter().find(|done| done.step == step)?.left.as_ref()
    }

    /// The calls by which Meta took numbers back, as far as they are done.
    pub(crate) fn calls_back(&self) -> impl Iterator<Item = &StepDone> {
        self.done.iter().filter(|done| steps::is_call_back(&done.step))
    }

    /// Whether it is a signup that failed before its number was connected.
    pub(crate) fn failed_to_connect(&self) -> bool {
        self.kind == OperationKind::ConnectNumber && self.failure().is_some() && self.done_at(steps::READ_NUMBER).is_none()
    }

    /// Whether such a one has still to give back what it took at Meta.
    pub(crate) fn gives_back(&self) -> bool {
        self.failed_to_connect() && self.done_at(steps::GIVE_BACK).is_none()
    }

    /// The steps that are still to be done, in order.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &'static str> {
        steps::of(self.kind).iter().map(|step| step.name).filter(|name| self.done_at(name).is_none())
    }

    /// The step that lifecycle itself must do next: everything before it is done, or the signup has failed and gives back.
    pub(crate) fn own_step(&self) -> Option<&'static str> {
        if self.gives_back() {
            return Some(steps::GIVE_BACK);
        }
        let next = self.missing().next().filter(|_| self.running())?;
        steps::of(self.kind).iter().find(|step| step.name == next && step.by == steps::By::Lifecycle).map(|step| step.name)
    }

    pub(crate) fn step_done(&mut self, step: &str, at: DateTime<Utc>, left: Option<LeftAtMeta>) {
        if self.done_at(step).is_none() {
            self.done.push(StepDone { step: step.to_owned(), at, left });
        }
    }

    pub(crate) fn failed(&mut self, event: &OperationFailed, at: DateTime<Utc>) {
        self.outcome = Outcome::Failed(Failure { step: event.step.clone(), code: event.code.clone(), reason: event.reason.clone(), at });
    }

    pub(crate) fn retried(&mut self, deadline: DateTime<Utc>, at: DateTime<Utc>, sequence: u64) {
        // What it took at Meta is given back, or is just being: it begins again.
        if self.failed_to_connect() {
            self.done.clear();
        }
        self.outcome = Outcome::Running;
        self.tried_at = at;
        self.retried_sequence = sequence;
        self.deadline = deadline;
    }

    /// Every step is done with it, also those that nobody reported: an older version had fewer.
    pub(crate) fn succeeded(&mut self, at: DateTime<Utc>) {
        for step in steps::of(self.kind) {
            self.step_done(step.name, at, None);
        }
        self.outcome = Outcome::Succeeded { at };
    }
}
