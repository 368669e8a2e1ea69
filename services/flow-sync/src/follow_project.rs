//! What flow-sync does with the events of `project`: a new project gets a place, a deletion ends it. Everything can be delivered again.

use std::time::Duration;

use contract::{Event, OperationId, OperationKind, ProjectEvent, ProjectId, Recorded};
use journal::{AppendError, Follow, Handled, Handler, Stop, project_of};
use projects::operation_kind;

use crate::FlowSync;
use crate::error::Error;
use crate::space::Task;

/// The service's name in positions and parked keys.
pub(crate) const SERVICE: &str = "flow-sync";
/// Projects worked on at the same time.
const PARALLEL: usize = 4;
/// Events of one project handed over at once.
const BATCH_MAX: usize = 16;
/// Between attempts while storage or log are down.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts when somebody else was in the way.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// Follows `project`.
pub(crate) struct OnProject(pub(crate) FlowSync);

pub(crate) fn follow() -> Follow {
    Follow::projects(SERVICE, PARALLEL, BATCH_MAX)
}

impl Handler for OnProject {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.on(project_of(key)?, recorded).await.map_err(stop) })).await
    }
}

impl OnProject {
    async fn on(&self, project: ProjectId, recorded: &Recorded) -> Result<(), Error> {
        let task = match ProjectEvent::read(recorded)? {
            ProjectEvent::ProjectCreated(_) => Some(Task::Make),
            ProjectEvent::OperationStarted(started) => task(started.kind, started.operation),
            ProjectEvent::OperationRetried(retried) => {
                operation_kind::<Error>(&self.0.journal, project, retried.operation).await?.and_then(|kind| task(kind, retried.operation))
            }
            // What a request left that was cut off by a crash while the project went. Its events are gone, so none is said.
            ProjectEvent::ProjectErased(_) => {
                self.0.forget(project).await?;
                None
            }
            // What waited for a number need not wait any longer.
            ProjectEvent::NumberConnected(_) => {
                self.0.asked.ask(project);
                None
            }
            ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberOffered(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => None,
        };
        match task {
            Some(task) => self.0.do_task(project, task, recorded).await,
            None => Ok(()),
        }
    }
}

/// What an operation means for the place.
fn task(kind: OperationKind, operation: OperationId) -> Option<Task> {
    match kind {
        OperationKind::CreateProject => Some(Task::Make),
        OperationKind::DeleteProject => Some(Task::Erase(operation)),
        OperationKind::ConnectNumber | OperationKind::DisconnectNumber | OperationKind::ResetProject => None,
    }
}

pub(crate) fn stop(error: Error) -> Stop {
    let cause = chassis::error_chain(&error);
    match error {
        error if error.is_outage() => Stop::SetAside { after: OUTAGE_PAUSE, cause },
        Error::Contended(_) | Error::Append(AppendError::Conflict { .. }) => Stop::Retry { after: BUSY_PAUSE, cause },
        Error::Refused(_)
        | Error::Meta { .. }
        | Error::NoLine(_)
        | Error::Token(_)
        | Error::Log(_)
        | Error::Append(_)
        | Error::Decode { .. }
        | Error::Storage(_)
        | Error::Lost(_)
        | Error::Aside(_)
        | Error::Database(_)
        | Error::Migrate(_)
        | Error::OtherLog { .. }
        | Error::Row { .. } => Stop::Park { cause },
    }
}
