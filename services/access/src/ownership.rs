//! Which workspace owns a project, read from the stream `project` itself. Decisions about workspaces need the exact answer, and tables may
//! be behind.
//!
//! Reading all of `project` is fine here, because it is done only when a workspace is deleted, which is rare.

use std::collections::HashMap;

use contract::{Event, ProjectEvent, ProjectId, Stream, Subject, Whose, WorkspaceId};
use futures::StreamExt;
use journal::{Filter, Journal, Range};

use crate::error::Error;

/// Whose a project is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ownership {
    /// Who owns it, or did when it was deleted. None: nobody has said.
    pub owner: Option<WorkspaceId>,
    /// It was deleted for ever.
    pub erased: bool,
}

impl Ownership {
    /// Who owns it now. None: the project does not exist, or not any more.
    pub(crate) fn now(self) -> Option<WorkspaceId> {
        self.owner.filter(|_| !self.erased)
    }

    /// Applies one event of `project.<prj>`.
    pub(crate) fn fold(self, event: &ProjectEvent) -> Self {
        match event.whose() {
            Some(Whose::Is(workspace)) => Self { owner: Some(workspace), ..self },
            Some(Whose::Nobodys) => Self { erased: true, ..self },
            None => self,
        }
    }
}

/// Who owns `project`.
pub(crate) async fn owner(journal: &Journal, project: ProjectId) -> Result<Option<WorkspaceId>, Error> {
    let mut ownership = Ownership::default();
    for recorded in journal.entity(&Subject::project(project)).await? {
        ownership = ownership.fold(&ProjectEvent::read(&recorded)?);
    }
    Ok(ownership.now())
}

/// Whether `workspace` owns any project.
pub(crate) async fn owns_any(journal: &Journal, workspace: WorkspaceId) -> Result<bool, Error> {
    let mut projects: HashMap<ProjectId, Ownership> = HashMap::new();
    let mut events = std::pin::pin!(journal.replay(Stream::Project, Range::ALL, Filter::subjects(["project.*"])));
    while let Some(recorded) = events.next().await {
        let recorded = recorded?;
        let Some(id) = recorded.subject.project_id() else { continue };
        let ownership = projects.entry(id).or_default();
        *ownership = ownership.fold(&ProjectEvent::read(&recorded)?);
    }
    Ok(projects.values().any(|ownership| ownership.now() == Some(workspace)))
}
