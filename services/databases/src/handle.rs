//! What databases does with the events that it follows. Of `project`: a new project gets a database, a new owner a login of their own. Of its own
//! `database`: a rotation that was asked for is done, also where the process that was asked did not get to it. Everything can be delivered again.

use std::time::Duration;

use contract::{DatabaseEvent, Event, OperationKind, ProjectEvent, ProjectId, Recorded, Stream};
use journal::{AppendError, Follow, Handled, Handler, Stop, project_of};

use crate::Databases;
use crate::error::Error;
use crate::login::Known;
use crate::progress::Rotation;
use crate::provision::Failure;
use crate::tenure::Tenure;

/// The service's name in positions and parked keys.
const SERVICE: &str = "databases";
/// Projects handled at the same time, of each stream. Making a database writes about 8 MB.
const PARALLEL: usize = 2;
/// Events of one project handed over at once.
const BATCH_MAX: usize = 16;
/// Between attempts while the server or the log is down.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts when somebody else was in the way.
const BUSY_PAUSE: Duration = Duration::from_millis(200);
/// Between attempts while an operator must do something.
const OPERATOR_PAUSE: Duration = Duration::from_secs(10);

/// Follows `project`.
pub(crate) struct OnProject(pub(crate) Databases);

/// Follows `database`.
pub(crate) struct OnDatabase(pub(crate) Databases);

/// `stream` is one of which projects are the second token.
pub(crate) fn follow(stream: Stream) -> Follow {
    Follow {
        service: SERVICE,
        stream,
        // One token after the stream: the claims of numbers, project.number.<id>, are nothing to a database.
        filters: vec![format!("{stream}.*")],
        key_tokens: 2,
        parallel: PARALLEL,
        batch_max: BATCH_MAX,
        version: 1,
    }
}

impl Handler for OnProject {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.on(project_of(key)?, recorded).await.map_err(stop) })).await
    }
}

impl OnProject {
    async fn on(&self, project: ProjectId, recorded: &Recorded) -> Result<(), Error> {
        match ProjectEvent::read(recorded)? {
            ProjectEvent::ProjectCreated(_) => self.0.ensure(project, recorded).await,
            ProjectEvent::OperationStarted(started) if started.kind == OperationKind::DeleteProject => {
                self.0.drop_database(project, started.operation, recorded).await
            }
            ProjectEvent::ProjectTransferred(transferred) => {
                let known = Known { tenure: Tenure::given(recorded.sequence, &transferred), ..Known::default() };
                self.0.renew_login(project, known).await
            }
            ProjectEvent::ProjectErased(_) => self.0.drop_what_is_left(project).await,
            ProjectEvent::OperationRetried(retried) => self.0.retry(project, retried.operation, recorded).await,
            ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStarted(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberOffered(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => Ok(()),
        }
    }
}

impl Handler for OnDatabase {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.on(project_of(key)?, recorded).await.map_err(stop) })).await
    }
}

impl OnDatabase {
    async fn on(&self, project: ProjectId, recorded: &Recorded) -> Result<(), Error> {
        match DatabaseEvent::read(recorded)? {
            DatabaseEvent::DatabasePasswordRotated(_) => {
                let rotation = Rotation { sequence: recorded.sequence, event: recorded.id };
                let known = Known { rotation: Some(rotation), ..Known::default() };
                self.0.renew_login(project, known).await
            }
            DatabaseEvent::DatabaseStepCompleted(_)
            | DatabaseEvent::DatabaseReady(_)
            | DatabaseEvent::DatabaseFailed(_)
            | DatabaseEvent::DatabaseDropped(_) => Ok(()),
        }
    }
}

fn stop(error: Error) -> Stop {
    let cause = chassis::error_chain(&error);
    match error {
        Error::Server(Failure::Passing(sqlx::Error::Database(refusal))) => {
            let code = refusal.code().unwrap_or_default();
            // Resources and operators take longer than a neighbour who holds a lock.
            let down = ["08", "53", "57", "28"].iter().any(|class| code.starts_with(class));
            if down { Stop::SetAside { after: OUTAGE_PAUSE, cause } } else { Stop::Retry { after: BUSY_PAUSE, cause } }
        }
        Error::Server(Failure::Passing(_)) | Error::Log(journal::Error::Unavailable(_)) | Error::Append(AppendError::Unavailable(_)) => {
            Stop::SetAside { after: OUTAGE_PAUSE, cause }
        }
        Error::Server(Failure::Operator(_)) => Stop::SetAside { after: OPERATOR_PAUSE, cause },
        Error::Append(AppendError::Conflict { .. }) => Stop::Retry { after: BUSY_PAUSE, cause },
        Error::Server(Failure::Final(_)) | Error::Log(_) | Error::Append(_) | Error::Decode { .. } => Stop::Park { cause },
    }
}
