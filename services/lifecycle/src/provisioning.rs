//! How far a project's database has come, folded from `database.<prj>`, and the named steps that callers see.

use chrono::{DateTime, Utc};
use contract::{DatabaseEvent, DatabaseStep, ProjectId};

use crate::project::{Project, Status};

/// What `database.<prj>` says of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provisioning {
    /// The project.
    pub project: ProjectId,
    /// When each step was done, in the order of [`DatabaseStep::ALL`].
    pub done_at: [Option<DateTime<Utc>>; 4],
    /// The step that failed, and when.
    pub failed: Option<(DatabaseStep, DateTime<Utc>)>,
    /// The sequence of the last event that is reflected; 0: none.
    pub sequence: u64,
}

impl Provisioning {
    /// Nothing has happened yet.
    pub(crate) fn none(project: ProjectId) -> Self {
        Self { project, done_at: [None; 4], failed: None, sequence: 0 }
    }

    /// Applies one event. The first completion of a step is the one that counts.
    #[must_use]
    pub(crate) fn fold(mut self, sequence: u64, at: DateTime<Utc>, event: &DatabaseEvent) -> Self {
        match event {
            DatabaseEvent::DatabaseStepCompleted(completed) => {
                self.done_at[index(completed.step)].get_or_insert(at);
            }
            DatabaseEvent::DatabaseReady(_) => self.failed = None,
            DatabaseEvent::DatabaseFailed(failed) => self.failed = Some((failed.step, at)),
            DatabaseEvent::DatabaseDropped(_) => {}
        }
        self.sequence = sequence;
        self
    }
}

/// Whether a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepStatus {
    /// Not yet.
    Pending,
    /// Yes.
    Done,
    /// It was given up.
    Failed,
}

/// One named step of making a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// `project`, the four of [`DatabaseStep`], `ready`.
    pub name: &'static str,
    /// Whether it is done.
    pub status: StepStatus,
    /// When it was done or given up.
    pub at: Option<DateTime<Utc>>,
}

/// All steps of making `project`, in order.
pub(crate) fn steps(project: &Project, provisioning: &Provisioning) -> Vec<Step> {
    let done = |name, at: Option<DateTime<Utc>>| {
        let status = if at.is_some() { StepStatus::Done } else { StepStatus::Pending };
        Step { name, status, at }
    };
    let mut steps = vec![done("project", Some(project.created_at))];
    for step in DatabaseStep::ALL {
        steps.push(match provisioning.failed {
            Some((failed, at)) if failed == step => Step { name: step.as_str(), status: StepStatus::Failed, at: Some(at) },
            _ => done(step.as_str(), provisioning.done_at[index(step)]),
        });
    }
    steps.push(done("ready", project.settled_at.filter(|_| project.status == Status::Ready)));
    steps
}

fn index(step: DatabaseStep) -> usize {
    match step {
        DatabaseStep::Roles => 0,
        DatabaseStep::Database => 1,
        DatabaseStep::Tables => 2,
        DatabaseStep::Privileges => 3,
    }
}
