//! How far a project's database has come, folded from `database.<prj>`: the finer steps of the step `database`.

use chrono::{DateTime, Utc};
use contract::{DatabaseEvent, DatabaseStep, ProjectId};

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
            DatabaseEvent::DatabaseDropped(_) | DatabaseEvent::DatabasePasswordRotated(_) => {}
        }
        self.sequence = sequence;
        self
    }
}

/// One finer step, as callers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// One of [`DatabaseStep`].
    pub name: &'static str,
    /// Whether it is done.
    pub done: bool,
    /// When it was done, or given up if it is not.
    pub at: Option<DateTime<Utc>>,
}

impl Provisioning {
    /// All finer steps, in order.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let part = |step: DatabaseStep| match self.failed {
            Some((failed, at)) if failed == step => Part { name: step.as_str(), done: false, at: Some(at) },
            Some(_) | None => {
                let at = self.done_at[index(step)];
                Part { name: step.as_str(), done: at.is_some(), at }
            }
        };
        DatabaseStep::ALL.map(part).into()
    }
}

fn index(step: DatabaseStep) -> usize {
    match step {
        DatabaseStep::Roles => 0,
        DatabaseStep::Database => 1,
        DatabaseStep::Tables => 2,
        DatabaseStep::Privileges => 3,
    }
}
