//! What databases says: into the rows of finer steps, and into the operation.

use contract::{DatabaseEvent, Event, ProjectId, Recorded, Stream};
use journal::{Handled, Handler};

use super::{project_of, settle};
use crate::decide::Command;
use crate::error::Error;
use crate::operation::steps;
use crate::origin::Origin;
use crate::project::Project;
use crate::{Lifecycle, store};

/// Follows `database`.
pub(super) struct OnDatabase(pub(super) Lifecycle);

impl Handler for OnDatabase {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        match project_of(key, events) {
            Ok(id) => settle(events, self.0.database_events(id, events).await),
            Err(stop) => Handled { done: 0, stopped: Some(stop) },
        }
    }
}

impl Lifecycle {
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
            commands.extend(report(id, recorded, event).map(|command| (command, recorded)));
        }
        if provisioning.sequence > reflected {
            store::save_provisioning(&self.pool, &provisioning).await?;
        }
        for (command, cause) in commands {
            self.carry_out(id, &command, None, &Origin::Event(cause)).await?;
        }
        if store::find_project(&self.pool, id).await?.is_none() {
            self.after_the_end(id, Stream::Database).await?;
        }
        Ok(())
    }
}

fn report(id: ProjectId, recorded: &Recorded, event: DatabaseEvent) -> Option<Command> {
    let step = steps::DATABASE;
    match event {
        DatabaseEvent::DatabaseStepCompleted(_) | DatabaseEvent::DatabasePasswordRotated(_) => None,
        DatabaseEvent::DatabaseReady(_) => Some(Command::StepDone { operation: Project::making(id), step }),
        DatabaseEvent::DatabaseFailed(failed) => Some(Command::StepFailed {
            operation: Project::making(id),
            step,
            code: "database_failed",
            reason: format!("{}: {}", failed.step.as_str(), failed.reason),
            at: recorded.time,
        }),
        DatabaseEvent::DatabaseDropped(dropped) => Some(Command::StepDone { operation: dropped.operation, step }),
    }
}

pub(crate) fn decode_database(recorded: &Recorded) -> Result<DatabaseEvent, Error> {
    DatabaseEvent::decode(recorded).map_err(|source| Error::decode(recorded, source))
}
