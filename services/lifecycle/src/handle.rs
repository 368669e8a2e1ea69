//! What lifecycle does with the events that it follows: `project` into its tables, `database` into its tables and into the
//! project's own life. All of it can be delivered again, in part or from the beginning.

use contract::{DatabaseEvent, Event, ProjectEvent, ProjectId, Recorded, Stream};
use journal::{Follow, Handled, Handler, Stop};
use std::time::Duration;

use crate::command::{Origin, decode};
use crate::decide::Command;
use crate::error::Error;
use crate::project::Project;
use crate::{Lifecycle, store};

/// The service's name in positions and parked keys.
pub(crate) const SERVICE: &str = "lifecycle";
/// Projects handled at the same time.
const PARALLEL: usize = 4;
/// Events of one project handed over at once.
const BATCH_MAX: usize = 256;
/// Between attempts while the log or the platform database does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts when others write the same project.
const CONTENDED_PAUSE: Duration = Duration::from_millis(50);

/// Follows `project`.
pub(crate) struct OnProject(pub(crate) Lifecycle);
/// Follows `database`.
pub(crate) struct OnDatabase(pub(crate) Lifecycle);

pub(crate) fn follow(stream: Stream) -> Follow {
    Follow {
        service: SERVICE,
        stream,
        // One token after the stream: the claims of numbers, project.number.<id>, are not for the tables.
        filters: vec![format!("{stream}.*")],
        key_tokens: 2,
        parallel: PARALLEL,
        batch_max: BATCH_MAX,
        version: 1,
    }
}

impl Handler for OnProject {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        match project_of(key, events) {
            Ok(id) => settle(events, self.0.project_events(id, events).await),
            Err(stop) => Handled { done: 0, stopped: Some(stop) },
        }
    }
}

impl Handler for OnDatabase {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        match project_of(key, events) {
            Ok(id) => settle(events, self.0.database_events(id, events).await),
            Err(stop) => Handled { done: 0, stopped: Some(stop) },
        }
    }
}

impl Lifecycle {
    /// Brings the project's row forward.
    async fn project_events(&self, id: ProjectId, events: &[Recorded]) -> Result<(), Error> {
        let mut project = store::find_project(&self.pool, id).await?.map(|(project, _)| project);
        let reflected = project.as_ref().map_or(0, |project| project.version);
        for recorded in events.iter().filter(|recorded| recorded.sequence > reflected) {
            let event = decode(recorded)?;
            project = match event {
                ProjectEvent::ProjectCreated(_)
                | ProjectEvent::ProjectReady(_)
                | ProjectEvent::ProjectFailed(_)
                | ProjectEvent::NumberConnected(_)
                | ProjectEvent::NumberDisconnected(_)
                | ProjectEvent::NumberClaimed(_)
                | ProjectEvent::NumberReleased(_)
                | ProjectEvent::ProjectUpdated(_)
                | ProjectEvent::ProjectSuspended(_)
                | ProjectEvent::ProjectRestored(_)
                | ProjectEvent::ProjectTransferred(_)
                | ProjectEvent::ProjectErased(_)
                | ProjectEvent::TransferRequested(_)
                | ProjectEvent::TransferEnded(_)
                | ProjectEvent::OperationStarted(_)
                | ProjectEvent::OperationStepCompleted(_)
                | ProjectEvent::OperationFailed(_)
                | ProjectEvent::OperationRetried(_)
                | ProjectEvent::OperationCompleted(_)
                | ProjectEvent::NumberOffered(_)
                | ProjectEvent::NumberDescribed(_)
                | ProjectEvent::BusinessProfileChanged(_)
                | ProjectEvent::DisplayNameRequested(_)
                | ProjectEvent::DisplayNameDecided(_)
                | ProjectEvent::DataKeyCreated(_) => Project::fold(project, id, recorded.sequence, recorded.time, &event),
            };
        }
        if let Some(project) = project.filter(|project| project.version > reflected) {
            store::save_project(&self.pool, &project).await?;
        }
        Ok(())
    }

    /// Brings the row of the project's database forward, then lets the project know. The second is done for every delivery, because
    /// a crash may have come between the two.
    async fn database_events(&self, id: ProjectId, events: &[Recorded]) -> Result<(), Error> {
        let mut provisioning = store::find_provisioning(&self.pool, id).await?;
        let reflected = provisioning.sequence;
        let mut commands = Vec::new();
        for recorded in events {
            let event = decode_database(recorded)?;
            if recorded.sequence > reflected {
                provisioning = provisioning.fold(recorded.sequence, recorded.time, &event);
            }
            match event {
                DatabaseEvent::DatabaseStepCompleted(_) | DatabaseEvent::DatabaseDropped(_) => {}
                DatabaseEvent::DatabaseReady(_) => commands.push((Command::MarkReady, recorded)),
                DatabaseEvent::DatabaseFailed(failed) => {
                    let command = Command::MarkFailed { step: failed.step.as_str().to_owned(), reason: failed.reason };
                    commands.push((command, recorded));
                }
            }
        }
        if provisioning.sequence > reflected {
            store::save_provisioning(&self.pool, &provisioning).await?;
        }
        for (command, cause) in commands {
            self.command(id, &command, None, &Origin::Event(cause)).await?;
        }
        Ok(())
    }
}

pub(crate) fn decode_database(recorded: &Recorded) -> Result<DatabaseEvent, Error> {
    DatabaseEvent::decode(recorded).map_err(|source| Error::Decode {
        subject: recorded.subject.to_string(),
        sequence: recorded.sequence,
        source,
    })
}

fn project_of(key: &str, events: &[Recorded]) -> Result<ProjectId, Stop> {
    let named = events.first().and_then(|event| event.subject.project_id());
    named.ok_or_else(|| Stop::Park { cause: format!("{key} names no project") })
}

/// All of a delivery is done, or none of it: every part can be repeated.
fn settle(events: &[Recorded], result: Result<(), Error>) -> Handled {
    let Err(error) = result else { return Handled { done: events.len(), stopped: None } };
    let cause = error.chain();
    let stop = match error {
        Error::Database(_) | Error::Append(journal::AppendError::Unavailable(_)) | Error::Log(journal::Error::Unavailable(_)) => {
            Stop::SetAside { after: OUTAGE_PAUSE, cause }
        }
        Error::Contended(_) => Stop::Retry { after: CONTENDED_PAUSE, cause },
        Error::Append(_)
        | Error::Log(_)
        | Error::Refused(_)
        | Error::Changed { .. }
        | Error::Decode { .. }
        | Error::Migrate(_)
        | Error::OtherLog { .. }
        | Error::Row { .. } => Stop::Park { cause },
    };
    Handled { done: 0, stopped: Some(stop) }
}

#[cfg(test)]
mod tests;
