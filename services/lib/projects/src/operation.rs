//! What an operation of a project is for.

use contract::{Event, OperationId, OperationKind, ProjectEvent, ProjectId, Subject, UnreadableEvent};
use journal::Journal;

/// What an operation of the project does, for whoever hears only that it goes on: its start says so. None: it never started.
///
/// # Errors
/// The log does not answer, or an event of the project cannot be read.
pub async fn operation_kind<E>(journal: &Journal, project: ProjectId, operation: OperationId) -> Result<Option<OperationKind>, E>
where
    E: From<journal::Error> + From<UnreadableEvent>,
{
    for recorded in journal.entity(&Subject::project(project)).await? {
        if let ProjectEvent::OperationStarted(started) = ProjectEvent::read(&recorded)?
            && started.operation == operation
        {
            return Ok(Some(started.kind));
        }
    }
    Ok(None)
}
