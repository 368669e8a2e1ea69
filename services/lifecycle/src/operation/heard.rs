//! Remembers why a step did not succeed when it was last tried. If the operation runs out of time, its owner is told this.
//!
//! It is kept in memory only. It is no fact about the project, and a waiting step is tried again every two minutes at the latest, so after
//! a restart it is known again that soon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::{OperationId, ProjectId};

/// What was heard, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Of which operation.
    pub operation: OperationId,
    /// The step that waits.
    pub step: &'static str,
    /// In Meta's own words, where it is Meta that is waited for.
    pub words: String,
}

/// The last of every project that waits: one each, because a project does one thing at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastHeard(Arc<Mutex<HashMap<ProjectId, Heard>>>);

impl LastHeard {
    pub(crate) fn note(&self, project: ProjectId, heard: Heard) {
        self.lock().insert(project, heard);
    }

    pub(crate) fn forget(&self, project: ProjectId) {
        self.lock().remove(&project);
    }

    pub(crate) fn of(&self, project: ProjectId) -> Option<Heard> {
        self.lock().get(&project).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProjectId, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
