//! The project's own events, into its rows; and the last of them, after which nothing else stays.

use contract::{Event, ProjectErased, ProjectEvent, ProjectId, Recorded, Subject};
use journal::{Handled, Handler, project_of};

use super::{parked, settle};
use crate::error::Error;
use crate::project::Project;
use crate::project::fold::At;
use crate::store::{self, Erased};
use crate::{Lifecycle, erase};

/// Follows `project`.
pub(super) struct OnProject(pub(super) Lifecycle);

impl Handler for OnProject {
    const ALL_OR_NONE: bool = true;

    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        match project_of(key) {
            Ok(id) => settle(events, self.0.project_events(id, events).await),
            Err(stop) => Handled::stopped(0, stop),
        }
    }
}

impl Lifecycle {
    /// Brings the project's row forward.
    async fn project_events(&self, id: ProjectId, events: &[Recorded]) -> Result<(), Error> {
        let mut project = store::find_project(&self.pool, id).await?.map(|(project, _)| project);
        let reflected = project.as_ref().map_or(0, |project| project.version);
        let (mut given, mut asking) = (None, None);
        for recorded in events {
            let event = ProjectEvent::read(recorded)?;
            if let ProjectEvent::ProjectTransferred(transferred) = &event {
                given = Some((recorded, transferred.to));
            }
            asking = parked::asking(&event).or(asking);
            if recorded.sequence <= reflected {
                continue;
            }
            if let ProjectEvent::ProjectErased(ProjectErased { operation, .. }) = event {
                let erased = Erased { project: id, operation, sequence: recorded.sequence, at: recorded.time };
                return self.leave_nothing_but(&erased).await;
            }
            project = Project::fold(project, id, At { event: &event, sequence: recorded.sequence, time: recorded.time });
        }
        // Not of one that has ended by now: old events that are seen again ask for nothing.
        let asks = project.as_ref().is_some_and(|project| project.operation.running() && asking == Some(project.operation.id));
        if let Some(project) = project.filter(|project| project.version > reflected) {
            store::save_project(&self.pool, &project).await?;
        }
        self.changed();
        // Before these events are done: a crash in between has them seen again.
        if asks {
            self.retry_parked(id).await?;
        }
        // The row is there: who follows the end of workspaces finds it, or the end is found here.
        if let Some((recorded, to)) = given
            && self.is_deleted(to).await?
        {
            self.give_back(id, to, recorded).await?;
        }
        Ok(())
    }

    /// Of the project's own subject the one fact stays, of its rows the one that says so.
    pub(crate) async fn leave_nothing_but(&self, erased: &Erased) -> Result<(), Error> {
        let events = self.journal.entity(&Subject::project(erased.project)).await?;
        if events.len() > 1 {
            let mut overwriting = None;
            for recorded in &events {
                if let ProjectEvent::OperationStarted(started) = ProjectEvent::read(recorded)?
                    && started.operation == erased.operation
                    && started.overwrite
                {
                    overwriting = Some(recorded.sequence);
                }
            }
            erase::keep_only_the_end(&self.journal, erased.project, overwriting).await?;
        }
        store::erase_project(&self.pool, erased).await?;
        self.changed();
        tracing::info!(project.id = %erased.project, operation.id = %erased.operation, "a project is gone");
        Ok(())
    }
}
