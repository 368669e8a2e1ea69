//! The space of a project's Flows: the place where they are kept, from the project's creation to its deletion. This file folds what the log
//! says of it, decides what has to be done, and does it.

use contract::{
    Context, Event, EventId, FlowEvent, FlowSpaceCreated, FlowSpaceErased, OperationId, ProjectId, Recorded, SYSTEM_ACTOR, Subject,
};
use journal::Expect;
use projects::Life;

use crate::error::Error;
use crate::{FlowSync, keep, store};

const SOURCE: &str = "/paige/flow-sync";
const MARKER: &str = "space.json";

/// What the log says about the place of one project, folded from `flow.<prj>.space`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    /// It was made.
    pub created: bool,
    /// The operation that erased it.
    pub erased: Option<OperationId>,
    /// The sequence of the last event; 0: none.
    pub sequence: u64,
}

/// What the log asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// A project was created.
    Make,
    /// It is deleted.
    Erase(OperationId),
}

impl Space {
    /// Applies one event.
    #[must_use]
    pub fn fold(mut self, sequence: u64, event: &FlowEvent) -> Self {
        match event {
            FlowEvent::FlowSpaceCreated(FlowSpaceCreated {}) => self.created = true,
            FlowEvent::FlowSpaceErased(erased) => self.erased = Some(erased.operation),
            FlowEvent::FlowCreated(_)
            | FlowEvent::FlowUpdated(_)
            | FlowEvent::FlowNameTaken(_)
            | FlowEvent::FlowRevised(_)
            | FlowEvent::FlowLinked(_)
            | FlowEvent::FlowUploaded(_)
            | FlowEvent::FlowPublished(_)
            | FlowEvent::FlowStatusReported(_)
            | FlowEvent::FlowDeleted(_)
            | FlowEvent::FlowSyncFailed(_)
            | FlowEvent::FlowDriftFound(_)
            | FlowEvent::FlowDriftResolved(_)
            | FlowEvent::FlowHealthReported(_) => {}
        }
        self.sequence = sequence;
        self
    }

    /// The event that does `task`; none if it was done, or can no longer be.
    pub(crate) fn decide(&self, task: Task) -> Option<FlowEvent> {
        match task {
            Task::Make => (!self.created && self.erased.is_none()).then(|| FlowSpaceCreated {}.into()),
            Task::Erase(operation) => (self.erased != Some(operation)).then(|| FlowSpaceErased { operation }.into()),
        }
    }
}

impl FlowSync {
    /// What the log says about the place of `project`.
    ///
    /// # Errors
    /// [`Error::Log`], [`Error::Decode`].
    pub async fn space(&self, project: ProjectId) -> Result<Space, Error> {
        let mut space = Space::default();
        for recorded in self.journal.entity(&Subject::flow_space(project)).await? {
            space = space.fold(recorded.sequence, &FlowEvent::read(&recorded)?);
        }
        Ok(space)
    }

    /// Does what an event of the project asks for. Nothing, if it was done. The object comes before the event that tells of it, and goes
    /// before the event that says that it is gone.
    pub(crate) async fn do_task(&self, project: ProjectId, task: Task, cause: &Recorded) -> Result<(), Error> {
        let space = self.space(project).await?;
        let Some(event) = space.decide(task) else { return Ok(()) };
        match task {
            Task::Make => {
                let marker = serde_json::json!({ "project": project }).to_string();
                self.storage.put(&keep::area(project).child(MARKER).expect("a plain name"), marker).await?;
            }
            Task::Erase(_) => self.forget(project).await?,
        }
        let expect = if space.sequence == 0 { Expect::New } else { Expect::At(space.sequence) };
        let id = EventId::derive(event.event_type(), &[&project.to_string(), &space.sequence.to_string()]);
        let context = Context::following(cause, chassis::traceparent::after, SYSTEM_ACTOR);
        let event = event.into_new(id, SOURCE, self.clock.now(), context);
        self.journal.append(&Subject::flow_space(project), expect, vec![event]).await?;
        Ok(())
    }
}

impl FlowSync {
    /// Whether a project is being deleted, or is gone.
    pub(crate) async fn ends(&self, project: ProjectId) -> Result<bool, Error> {
        Ok(self.projects.fresh(project).await?.is_none_or(|known| known.life == Life::Leaving))
    }

    /// Erases what is kept of a project: objects and rows.
    pub(crate) async fn forget(&self, project: ProjectId) -> Result<(), Error> {
        self.storage.erase(&keep::area(project)).await?;
        store::erase(&self.pool, project).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_is_done_once_and_what_was_erased_is_not_made_again() {
        let one = OperationId::from_ulid(1.into());
        let check = |events: &[FlowEvent], task, then: bool| {
            let space = (1..).zip(events).fold(Space::default(), |space, (sequence, event)| space.fold(sequence, event));
            assert_eq!(space.decide(task).is_some(), then, "{task:?} after {events:?}");
        };
        let (created, erased) = (FlowEvent::from(FlowSpaceCreated {}), FlowEvent::from(FlowSpaceErased { operation: one }));
        check(&[], Task::Make, true);
        check(std::slice::from_ref(&created), Task::Make, false);
        check(std::slice::from_ref(&erased), Task::Make, false);
        check(&[], Task::Erase(one), true);
        check(std::slice::from_ref(&created), Task::Erase(one), true);
        check(&[created, erased], Task::Erase(one), false);
    }
}
