//! What templates does with the events of `project`: a number that is connected has templates to be heard of, a deletion forgets them.
//! Everything can be delivered again.

use std::time::Duration;

use contract::{Event, OperationId, OperationKind, ProjectEvent, ProjectId, Recorded};
use journal::{AppendError, Follow, Handled, Handler, Stop, project_of};
use projects::operation_kind;

use crate::Templates;
use crate::command::Origin;
use crate::error::Error;

/// The service's name in positions and parked keys.
pub(crate) const SERVICE: &str = "templates";
/// Projects worked on at the same time.
const PARALLEL: usize = 4;
/// Events of one project handed over at once.
const BATCH_MAX: usize = 16;
/// Between attempts while the log is down.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts when somebody else was in the way.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// Follows `project`.
pub(crate) struct OnProject(pub(crate) Templates);

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
        let deletion = match ProjectEvent::read(recorded)? {
            ProjectEvent::OperationStarted(started) => deletion(started.kind, started.operation),
            ProjectEvent::OperationRetried(retried) => operation_kind::<Error>(&self.0.journal, project, retried.operation)
                .await?
                .and_then(|kind| deletion(kind, retried.operation)),
            ProjectEvent::NumberConnected(_) => {
                self.0.asked.ask(project);
                None
            }
            ProjectEvent::ProjectCreated(_)
            | ProjectEvent::ProjectErased(_)
            | ProjectEvent::ProjectReady(_)
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
        match deletion {
            Some(operation) => self.0.erase(project, operation, &Origin::event(recorded)).await,
            None => Ok(()),
        }
    }
}

/// The operation, if it deletes the project.
fn deletion(kind: OperationKind, operation: OperationId) -> Option<OperationId> {
    match kind {
        OperationKind::DeleteProject => Some(operation),
        OperationKind::CreateProject | OperationKind::ConnectNumber | OperationKind::DisconnectNumber | OperationKind::ResetProject => None,
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
        | Error::Decode { .. } => Stop::Park { cause },
    }
}
