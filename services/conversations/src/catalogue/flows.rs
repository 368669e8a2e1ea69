//! Flows, each as the log last told of it. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{Event, FlowEvent, FlowId, ProjectId, Recorded};

/// A Flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) id: FlowId,
    pub(crate) name: String,
    /// Meta's id, once Meta has it.
    pub(crate) meta_id: Option<String>,
    /// Meta's word; none: Meta does not have it.
    pub(crate) status: Option<String>,
    /// The latest revision here.
    pub(crate) revision: Option<u32>,
    /// The revision that Meta has as its draft.
    pub(crate) uploaded: Option<u32>,
    /// The revision that people can open.
    pub(crate) published: Option<u32>,
}

/// Every Flow of every project.
#[derive(Default)]
pub(crate) struct Flows(HashMap<ProjectId, HashMap<FlowId, Arc<Flow>>>);

impl Flows {
    pub(crate) fn get(&self, project: ProjectId, flow: FlowId) -> Option<Arc<Flow>> {
        self.0.get(&project)?.get(&flow).cloned()
    }

    pub(crate) fn find(&self, project: ProjectId, id: Option<&str>, name: Option<&str>) -> Option<Arc<Flow>> {
        if let Some(id) = id.and_then(|id| id.parse().ok()) {
            return self.get(project, id);
        }
        let is_meant = |flow: &&Arc<Flow>| match id {
            Some(id) => flow.meta_id.as_deref() == Some(id),
            None => Some(&*flow.name) == name,
        };
        self.0.get(&project)?.values().find(is_meant).cloned()
    }

    /// Applies an event; a second time changes nothing.
    pub(crate) fn apply(&mut self, event: &Recorded) {
        let Some(project) = event.subject.project_id() else { return };
        match FlowEvent::decode(event) {
            Ok(FlowEvent::FlowSpaceErased(_)) => _ = self.0.remove(&project),
            Ok(fact) => {
                let Some(id) = event.subject.flow_id() else { return };
                let own = self.0.entry(project).or_default();
                match evolve(own.get(&id).map(|flow| Flow::clone(flow)), id, fact) {
                    Some(flow) => _ = own.insert(id, Arc::new(flow)),
                    None => _ = own.remove(&id),
                }
            }
            Err(error) => tracing::error!(%error, stream.seq = event.sequence, "Flow event is not readable, passed over"),
        }
    }
}

/// What an event makes of a Flow; none: it is not there before, or not any more.
fn evolve(before: Option<Flow>, id: FlowId, fact: FlowEvent) -> Option<Flow> {
    match (fact, before) {
        // A deleted Flow's name can be given again: then it begins anew.
        (FlowEvent::FlowCreated(created), before) => {
            let new = Flow { id, name: created.name, meta_id: None, status: None, revision: None, uploaded: None, published: None };
            Some(before.unwrap_or(new))
        }
        (FlowEvent::FlowDeleted(_) | FlowEvent::FlowSpaceErased(_) | FlowEvent::FlowSpaceCreated(_), _) | (_, None) => None,
        (FlowEvent::FlowUpdated(updated), Some(before)) => Some(Flow { name: updated.name, ..before }),
        (FlowEvent::FlowRevised(revised), Some(before)) => Some(Flow { revision: Some(revised.revision), ..before }),
        // Another one at Meta: a draft, of which nothing is there yet.
        (FlowEvent::FlowLinked(linked), Some(before)) => {
            Some(Flow { meta_id: Some(linked.flow_id), status: Some("DRAFT".to_owned()), uploaded: None, published: None, ..before })
        }
        (FlowEvent::FlowUploaded(uploaded), Some(before)) => Some(Flow { uploaded: Some(uploaded.revision), ..before }),
        (FlowEvent::FlowPublished(published), Some(before)) => {
            Some(Flow { published: Some(published.revision), status: Some("PUBLISHED".to_owned()), ..before })
        }
        (FlowEvent::FlowStatusReported(reported), Some(before)) => Some(Flow { status: Some(reported.status), ..before }),
        (
            FlowEvent::FlowSyncFailed(_)
            | FlowEvent::FlowNameTaken(_)
            | FlowEvent::FlowDriftFound(_)
            | FlowEvent::FlowDriftResolved(_)
            | FlowEvent::FlowHealthReported(_),
            before,
        ) => before,
    }
}

#[cfg(test)]
mod tests {
    use contract::FlowLinked;
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_flow_that_is_linked_anew_is_a_draft_again() {
        let id = FlowId::from_ulid(Ulid::from_parts(1, 1));
        let published = Flow {
            id,
            name: "booking".to_owned(),
            meta_id: Some("812".to_owned()),
            status: Some("PUBLISHED".to_owned()),
            revision: Some(3),
            uploaded: Some(2),
            published: Some(2),
        };
        let linked = FlowLinked { flow_id: "813".to_owned(), waba_id: "104".to_owned(), meta_sha256: None };
        let draft = Flow {
            meta_id: Some("813".to_owned()),
            status: Some("DRAFT".to_owned()),
            uploaded: None,
            published: None,
            ..published.clone()
        };
        assert_eq!(evolve(Some(published), id, linked.into()), Some(draft));
    }
}
