//! What the code of a bot depends on in its project: whether the project exists, and whether an operation is running that will replace or
//! delete the code. Folded from `project.<prj>`.

use std::collections::HashMap;

use contract::{Event, OperationId, OperationKind, ProjectEvent, ProjectId, Subject};

use crate::Bots;
use crate::error::Error;

/// What the log says about a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// It was created.
    pub(crate) exists: bool,
    /// It is being deleted, or is deleted.
    pub(crate) ends: bool,
    /// The operation that runs.
    pub(crate) running: Option<OperationId>,
    kinds: HashMap<OperationId, OperationKind>,
}

impl Standing {
    /// What an operation of the project does.
    pub(crate) fn kind(&self, operation: OperationId) -> Option<OperationKind> {
        self.kinds.get(&operation).copied()
    }

    /// The operation that is about to change the code, if one runs.
    pub(crate) fn changes_code(&self) -> Option<OperationId> {
        self.running.filter(|running| match self.kind(*running) {
            Some(OperationKind::ResetProject | OperationKind::DeleteProject) => true,
            Some(OperationKind::CreateProject | OperationKind::ConnectNumber | OperationKind::DisconnectNumber) | None => false,
        })
    }

    #[must_use]
    pub(crate) fn fold(mut self, event: &ProjectEvent) -> Self {
        match event {
            ProjectEvent::ProjectCreated(_) => self.exists = true,
            ProjectEvent::ProjectErased(_) => (self.exists, self.ends, self.running) = (false, true, None),
            ProjectEvent::OperationStarted(started) => {
                self.kinds.insert(started.operation, started.kind);
                self.run(started.operation);
            }
            ProjectEvent::OperationRetried(retried) => self.run(retried.operation),
            ProjectEvent::OperationCompleted(completed) => self.rest(completed.operation),
            // A deletion that was given up has begun all the same: what is gone does not come back.
            ProjectEvent::OperationFailed(failed) => self.rest(failed.operation),
            ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::NumberOffered(_)
            | ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => {}
        }
        self
    }

    fn run(&mut self, operation: OperationId) {
        self.running = Some(operation);
        self.ends |= self.kind(operation) == Some(OperationKind::DeleteProject);
    }

    fn rest(&mut self, operation: OperationId) {
        self.running = self.running.filter(|running| *running != operation);
    }
}

impl Bots {
    /// Where `project` stands.
    pub(crate) async fn standing(&self, project: ProjectId) -> Result<Standing, Error> {
        let mut standing = Standing::default();
        for recorded in self.journal.entity(&Subject::project(project)).await? {
            standing = standing.fold(&ProjectEvent::read(&recorded)?);
        }
        Ok(standing)
    }
}
