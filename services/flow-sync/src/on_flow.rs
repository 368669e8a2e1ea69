//! Own events into the table and into the files by name, for when the one who wrote them could not, or did not wait.

use std::collections::BTreeSet;

use contract::{Event, FlowEvent, FlowId, ProjectId, Recorded, Stream};
use journal::{Follow, Handled, Handler, project_of};

use crate::error::Error;
use crate::flow::{Flow, Id};
use crate::follow_project::{SERVICE, stop};
use crate::{FlowSync, keep};

/// Flows handled at the same time.
const PARALLEL: usize = 8;
/// Events of one Flow handed over at once.
const BATCH_MAX: usize = 64;

/// Follows `flow.*.*`.
pub(crate) struct OnFlow(pub(crate) FlowSync);

pub(crate) fn follow() -> Follow {
    let filters = vec!["flow.*.*".to_owned()];
    Follow { service: SERVICE, stream: Stream::Flow, filters, key_tokens: 3, parallel: PARALLEL, batch_max: BATCH_MAX, version: 1 }
}

impl Handler for OnFlow {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        let Some(first) = events.first() else { return Handled::all(events) };
        let project = match project_of(key) {
            Ok(project) => project,
            Err(stop) => return Handled::stopped(0, stop),
        };
        // The place of all Flows is no Flow.
        let Some(flow) = first.subject.flow_id() else { return Handled::all(events) };
        match self.0.show(Id { project, flow }, events).await {
            Ok(()) => Handled::all(events),
            Err(error) => Handled::stopped(0, stop(error)),
        }
    }
}

impl FlowSync {
    /// The whole Flow, as the log has it by now: at least what was handed over.
    async fn show(&self, id: Id, events: &[Recorded]) -> Result<(), Error> {
        let flow = self.shown(id).await?;
        if self.ends(id.project).await? {
            return Ok(());
        }
        let mut renamed = false;
        for recorded in events {
            renamed |=
                matches!(FlowEvent::read(recorded)?, FlowEvent::FlowUpdated(_) | FlowEvent::FlowDeleted(_) | FlowEvent::FlowCreated(_));
        }
        if renamed {
            self.hide_others(id, &flow).await?;
        }
        let Some(current) = flow.current().filter(|_| flow.exists()) else { return Ok(()) };
        let shown = match keep::load(&self.storage, id.project, &current.sha256).await {
            Ok(bytes) => keep::show(&self.storage, id.project, &flow.name, bytes).await,
            Err(error) => Err(error),
        };
        // What was overtaken by the deletion of its project is taken away again, or is gone already.
        if self.ends(id.project).await? {
            return self.forget(id.project).await;
        }
        shown
    }

    /// Takes away the files of names that the Flow had, unless they are another's by now.
    async fn hide_others(&self, id: Id, flow: &Flow) -> Result<(), Error> {
        let mut names = BTreeSet::new();
        for recorded in self.journal.entity(&id.subject()).await? {
            match FlowEvent::read(&recorded)? {
                FlowEvent::FlowCreated(event) => drop(names.insert(event.name)),
                FlowEvent::FlowUpdated(event) => drop(names.insert(event.name)),
                FlowEvent::FlowSpaceCreated(_)
                | FlowEvent::FlowSpaceErased(_)
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
        }
        for name in names.into_iter().filter(|name| !flow.exists() || *name != flow.name) {
            if self.holder(id.project, &name).await?.is_none() {
                keep::hide(&self.storage, id.project, &name).await?;
            }
        }
        Ok(())
    }

    /// Which Flow has a name now.
    async fn holder(&self, project: ProjectId, name: &str) -> Result<Option<FlowId>, Error> {
        let id = FlowId::of_name(project, name);
        let first = self.flow(Id { project, flow: id }).await?;
        let Some(by) = first.taken_by.filter(|_| !first.exists() || first.name != name) else {
            return Ok((first.exists() && first.name == name).then_some(id));
        };
        let other = self.flow(Id { project, flow: by }).await?;
        Ok((other.exists() && other.name == name).then_some(by))
    }
}
