//! What a step was told when it was tried last and did not get on: for its owner, should the time run out over it.
//!
//! In memory only. It is no fact of the project's, and a step that waits is tried again every two minutes at the latest, so that a restart
//! forgets it for so long at most.

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
