//! The end of a project: from here on nothing reaches it, and there is no way back.

use chrono::{DateTime, Utc};
use contract::{OperationId, OperationKind, OperationStarted, TransferOutcome};

use super::operate::{idle, started};
use super::{Fact, Refusal, number, on, transfer};
use crate::project::Project;

/// Recording stops with the number, in the same append.
pub(super) fn delete(
    project: &Project,
    operation: OperationId,
    confirm: &str,
    overwrite: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    idle(project)?;
    if confirm != project.name {
        return Err(Refusal::NotConfirmed);
    }
    let begun = started(operation, OperationKind::DeleteProject, now);
    let mut facts = vec![on(project.id, OperationStarted { overwrite, ..begun })];
    facts.extend(transfer::ended(project, TransferOutcome::Withdrawn));
    facts.extend(number::let_go(project));
    Ok(facts)
}
