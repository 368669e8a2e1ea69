//! What others have parked of a project. An operation that is tried again, or a deletion, would wait behind it, and only an operator could let
//! it go: the owner's word is as good a reason to look again.

use contract::{HoldKind, OperationId, OperationKind, ProjectEvent, ProjectId};
use journal::HeldKey;

use crate::Lifecycle;
use crate::error::Error;
use crate::held::retry;

/// The operation that asks for another attempt at what is parked, if the event begins one that does.
pub(super) fn asking(event: &ProjectEvent) -> Option<OperationId> {
    if let ProjectEvent::OperationRetried(retried) = event {
        return Some(retried.operation);
    }
    let ProjectEvent::OperationStarted(started) = event else { return None };
    (started.kind == OperationKind::DeleteProject).then_some(started.operation)
}

impl Lifecycle {
    /// Asks everybody who has parked the project's key, in any stream, for another attempt: one each.
    ///
    /// # Errors
    /// As [`retry`].
    pub(super) async fn retry_parked(&self, project: ProjectId) -> Result<(), Error> {
        for held in retry(&self.journal, |held| is_parked(held, project)).await? {
            tracing::info!(project.id = %project, service = held.service, key = held.key, "what was parked is tried again for its owner");
        }
        Ok(())
    }
}

/// What is set aside is tried again by itself. A finer key than the project's is in no operation's way: only flow-sync has such, of single Flows,
/// to show them in its table and files, for which no step waits and which a deletion erases by project.
fn is_parked(held: &HeldKey, project: ProjectId) -> bool {
    held.kind == HoldKind::Parked && held.key == format!("{}.{project}", held.stream)
}
