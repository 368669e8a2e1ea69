//! What media does with the events of `project`: a deletion takes its files, a number that is connected lets those be fetched that waited
//! for one. Everything can be delivered again.

use std::time::Duration;

use contract::{
    Context, Event, MediaErased, MediaEvent, OperationId, OperationKind, ProjectEvent, ProjectId, Recorded, SYSTEM_ACTOR, Subject,
};
use journal::{AppendError, Expect, Follow, Handled, Handler, Stop, project_of};
use projects::operation_kind;

use crate::error::Error;
use crate::{Media, keep, store};

/// The service's name in positions and parked keys.
const SERVICE: &str = "media";
/// Projects worked on at the same time.
const PARALLEL: usize = 4;
/// Events of one project handed over at once.
const BATCH_MAX: usize = 64;
/// Between attempts while storage, database or log are down.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts when somebody else was in the way.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// Follows `project`.
pub(crate) struct OnProject(pub(crate) Media);

pub(crate) fn follow() -> Follow {
    Follow::projects(SERVICE, PARALLEL, BATCH_MAX)
}

impl Handler for OnProject {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(
            events.iter().map(|recorded| async move { self.on(project_of(key)?, recorded).await.map_err(|error| stop(&error)) }),
        )
        .await
    }
}

impl OnProject {
    async fn on(&self, project: ProjectId, recorded: &Recorded) -> Result<(), Error> {
        match ProjectEvent::read(recorded)? {
            ProjectEvent::OperationStarted(started) if started.kind == OperationKind::DeleteProject => {
                self.erase(project, started.operation, recorded).await
            }
            ProjectEvent::OperationRetried(retried) => match operation_kind::<Error>(&self.0.journal, project, retried.operation).await? {
                Some(OperationKind::DeleteProject) => self.erase(project, retried.operation, recorded).await,
                Some(
                    OperationKind::CreateProject
                    | OperationKind::ConnectNumber
                    | OperationKind::DisconnectNumber
                    | OperationKind::ResetProject,
                )
                | None => Ok(()),
            },
            // What an upload left that was cut off by a crash while the project went. Its events are gone, so none is said.
            ProjectEvent::ProjectErased(_) => {
                store::erase(&self.0.pool, project).await?;
                keep::erase(&self.0.storage, project).await
            }
            ProjectEvent::NumberOffered(_) | ProjectEvent::NumberConnected(_) => {
                store::hasten(&self.0.pool, project, self.0.clock.now()).await?;
                self.0.work.notify_one();
                Ok(())
            }
            ProjectEvent::OperationStarted(_)
            | ProjectEvent::ProjectCreated(_)
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
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => Ok(()),
        }
    }

    /// Rows, then objects, then the event that says that they are gone.
    async fn erase(&self, project: ProjectId, operation: OperationId, cause: &Recorded) -> Result<(), Error> {
        let space = Subject::media_space(project);
        let before = self.0.journal.entity(&space).await?;
        for said in &before {
            if MediaEvent::read(said)? == MediaEvent::from(MediaErased { operation }) {
                return Ok(());
            }
        }
        store::erase(&self.0.pool, project).await?;
        keep::erase(&self.0.storage, project).await?;
        let expect = before.last().map_or(Expect::New, |last| Expect::At(last.sequence));
        let context = Context::following(cause, chassis::traceparent::after, SYSTEM_ACTOR);
        self.0.say(&space, expect, MediaErased { operation }.into(), &operation.to_string(), context).await
    }
}

fn stop(error: &Error) -> Stop {
    let cause = chassis::error_chain(error);
    match error {
        error if error.is_outage() => Stop::SetAside { after: OUTAGE_PAUSE, cause },
        Error::Append(AppendError::Conflict { .. }) => Stop::Retry { after: BUSY_PAUSE, cause },
        Error::Log(_)
        | Error::Append(_)
        | Error::Storage(_)
        | Error::Database(_)
        | Error::Decode { .. }
        | Error::Lost(_)
        | Error::Migrate(_)
        | Error::OtherLog { .. }
        | Error::Row { .. } => Stop::Park { cause },
    }
}
