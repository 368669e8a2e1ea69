//! Conversation events into tables: the second half of the recorder, the live driver of the fold.

use contract::Recorded;
use journal::{Handled, Handler, Stop};
use metrics::counter;
use projections::Projector;

use crate::stop;

/// Applies what the log says to the tables of its project.
pub struct Tables(Projector);

impl Tables {
    /// Applies through this projector.
    pub fn new(projector: Projector) -> Self {
        Self(projector)
    }
}

impl Handler for Tables {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        let Some(project) = key.split('.').nth(1).and_then(|project| project.parse().ok()) else {
            return Handled { done: 0, stopped: Some(Stop::Park { cause: format!("{key} names no project") }) };
        };
        match self.0.apply(project, events).await {
            Ok(applied) => {
                counter!("projector_events_total").increment(applied.done as u64);
                Handled { done: applied.done, stopped: applied.stopped.as_ref().map(stop::of) }
            }
            Err(error) => Handled { done: 0, stopped: Some(stop::of(&error)) },
        }
    }
}
