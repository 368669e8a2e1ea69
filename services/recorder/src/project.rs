//! Conversation events into tables: the second half of the recorder, the live driver of the fold.

use contract::Recorded;
use journal::{Handled, Handler, Unsettled, project_of};
use metrics::counter;
use projections::Projector;

use crate::{Projects, stop};

/// Applies what the log says to the tables of its project.
pub struct Tables {
    projector: Projector,
    projects: Projects,
}

impl Tables {
    /// Applies through this projector, but to no project that is being deleted: its database goes, or is gone.
    pub fn new(projector: Projector, projects: Projects) -> Self {
        Self { projector, projects }
    }
}

impl Handler for Tables {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        let project = match project_of(key) {
            Ok(project) => project,
            Err(stop) => return Handled::stopped(0, stop),
        };
        if self.projects.leaves(project) {
            return Handled::all(events);
        }
        match self.projector.apply(project, events).await {
            Ok(applied) => {
                counter!("projector_events_total").increment(applied.done as u64);
                Handled { done: applied.done, stopped: applied.stopped.as_ref().map(stop::of) }
            }
            // It may have begun to leave while we were at it.
            Err(_) if self.projects.leaves(project) => Handled::all(events),
            Err(error) => Handled { done: 0, stopped: Some(stop::of(&error)) },
        }
    }

    async fn settle(&self) -> Result<(), Unsettled> {
        self.projector.settle().await.map_err(|error| Unsettled(error.to_string()))
    }
}
