//! What databases says: into the rows of finer steps, and into the operation.

use contract::{DatabaseEvent, Event, ProjectId, Recorded, Stream, Subject};
use journal::{Handled, Handler, project_of};

use super::settle;
use crate::decide::Command;
use crate::error::Error;
use crate::operation::steps;
use crate::origin::Origin;
use crate::project::Project;
use crate::{Lifecycle, store};

/// Follows `database`.
pub(super) struct OnDatabase(pub(super) Lifecycle);

impl Handler for OnDatabase {
    const ALL_OR_NONE: bool = true;

    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        match project_of(key) {
            Ok(id) => settle(events, self.0.database_events(id, events).await),
            Err(stop) => Handled::stopped(0, stop),
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
            let event = DatabaseEvent::read(recorded)?;
            if recorded.sequence > reflected {
                provisioning = provisioning.fold(recorded.sequence, recorded.time, &event);
            }
            commands.extend(self.report(id, recorded, event).await?.map(|command| (command, recorded)));
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

    async fn report(&self, id: ProjectId, recorded: &Recorded, event: DatabaseEvent) -> Result<Option<Command>, Error> {
        let step = steps::DATABASE;
        Ok(match event {
            DatabaseEvent::DatabaseStepCompleted(_) | DatabaseEvent::DatabasePasswordRotated(_) => None,
            DatabaseEvent::DatabaseReady(_) => Some(Command::StepDone { operation: Project::making(id), step }),
            DatabaseEvent::DatabaseFailed(failed) => Some(Command::StepFailed {
                operation: Project::making(id),
                step,
                code: "database_failed",
                reason: format!("{}: {}", failed.step.as_str(), failed.reason),
                since: self.cause(id, recorded).await?,
            }),
            DatabaseEvent::DatabaseDropped(dropped) => Some(Command::StepDone { operation: dropped.operation, step }),
        })
    }

    /// The sequence of the project's event upon which a report was made; 0, if the project has none that the report names. Not the time of
    /// either: they were told by two clocks.
    async fn cause(&self, id: ProjectId, report: &Recorded) -> Result<u64, Error> {
        let Some(cause) = report.context.causation else { return Ok(0) };
        let events = self.journal.entity(&Subject::project(id)).await?;
        Ok(events.iter().find(|event| event.id == cause).map_or(0, |event| event.sequence))
    }
}
