//! Flows, each as the log last told of it. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{CalledAtMeta, Event, FlowEvent, FlowId, ProjectId, Recorded};

/// A Flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Our id of it.
    pub id: FlowId,
    /// Its name here.
    pub name: String,
    /// What somebody called it at Meta.
    pub called: CalledAtMeta,
    /// Meta's id, once Meta has it.
    pub meta_id: Option<String>,
    /// Meta's word; none: Meta does not have it.
    pub status: Option<String>,
    /// The revision that people can open; none: nothing was published, as far as was heard.
    pub published: Option<u32>,
}

impl Flow {
    /// Whether it can be sent. Meta would send drafts, to people of the business; here nobody does.
    pub fn is_sendable(&self) -> bool {
        match self.status.as_deref() {
            None | Some("DRAFT" | "DEPRECATED" | "BLOCKED") => false,
            Some(_published_throttled_or_new) => true,
        }
    }
}

/// Every Flow of every project.
#[derive(Default)]
pub(crate) struct Flows(HashMap<ProjectId, HashMap<FlowId, Arc<Flow>>>);

impl Flows {
    pub(crate) fn get(&self, project: ProjectId, flow: FlowId) -> Option<Arc<Flow>> {
        self.0.get(&project)?.get(&flow).cloned()
    }

    pub(crate) fn find(&self, project: ProjectId, id: Option<&str>, name: Option<&str>) -> Option<Arc<Flow>> {
        let Some(id) = id else {
            return self.0.get(&project)?.values().find(|flow| Some(&*flow.name) == name).cloned();
        };
        match id.parse::<FlowId>() {
            Ok(ours) => self.get(project, ours),
            Err(_) => self.find_at_meta(project, Some(id), None),
        }
    }

    /// By the id or the name that it has at Meta.
    pub(crate) fn find_at_meta(&self, project: ProjectId, id: Option<&str>, name: Option<&str>) -> Option<Arc<Flow>> {
        let is_meant = |flow: &&Arc<Flow>| match id {
            Some(id) => flow.meta_id.as_deref() == Some(id),
            None => name.is_some_and(|name| flow.called.is(name, &flow.name, flow.id)),
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
fn evolve(mut before: Option<Flow>, id: FlowId, fact: FlowEvent) -> Option<Flow> {
    if let Some(flow) = &mut before {
        flow.called.apply(&flow.name, &fact);
    }
    match (fact, before) {
        // A deleted Flow's name can be given again: then it begins anew.
        (FlowEvent::FlowCreated(created), before) => {
            let new = Flow { id, name: created.name, called: CalledAtMeta::default(), meta_id: None, status: None, published: None };
            Some(before.unwrap_or(new))
        }
        (FlowEvent::FlowDeleted(_) | FlowEvent::FlowSpaceErased(_) | FlowEvent::FlowSpaceCreated(_), _) | (_, None) => None,
        (FlowEvent::FlowUpdated(updated), Some(before)) => Some(Flow { name: updated.name, ..before }),
        // Another one at Meta: a draft, of which nothing is there yet.
        (FlowEvent::FlowLinked(linked), Some(before)) => {
            Some(Flow { meta_id: Some(linked.flow_id), status: Some("DRAFT".to_owned()), published: None, ..before })
        }
        (FlowEvent::FlowPublished(published), Some(before)) => Some(Flow { published: Some(published.revision), ..before }),
        (FlowEvent::FlowStatusReported(reported), Some(before)) => Some(Flow { status: Some(reported.status), ..before }),
        (
            FlowEvent::FlowRevised(_)
            | FlowEvent::FlowUploaded(_)
            | FlowEvent::FlowDriftFound(_)
            | FlowEvent::FlowDriftResolved(_)
            | FlowEvent::FlowSyncFailed(_)
            | FlowEvent::FlowNameTaken(_)
            | FlowEvent::FlowHealthReported(_),
            before,
        ) => before,
    }
}

#[cfg(test)]
mod tests {
    use contract::{FlowCreated, FlowDriftFound, FlowLinked, FlowPublished, FlowStatusReported, HeardFrom, flow_name_at_meta};
    use ulid::Ulid;

    use super::*;

    fn created() -> FlowEvent {
        FlowCreated { name: "booking".to_owned(), categories: vec!["OTHER".to_owned()], endpoint_uri: None }.into()
    }

    fn linked(flow_id: &str) -> FlowEvent {
        FlowLinked { flow_id: flow_id.to_owned(), waba_id: "104".to_owned(), meta_sha256: None }.into()
    }

    fn found(name: &str) -> FlowEvent {
        FlowDriftFound { meta_sha256: "ab".to_owned(), revision: None, details: None, name: Some(name.to_owned()) }.into()
    }

    fn status(status: &str) -> FlowEvent {
        let at = chrono::DateTime::UNIX_EPOCH;
        FlowStatusReported { status: status.to_owned(), heard_from: HeardFrom::Webhook, warning: None, at }.into()
    }

    fn of(id: FlowId, facts: &[FlowEvent]) -> Flow {
        facts.iter().cloned().fold(None, |before, fact| evolve(before, id, fact)).unwrap()
    }

    #[test]
    fn a_flow_that_is_linked_anew_is_a_draft_again() {
        let id = FlowId::from_ulid(Ulid::from_parts(1, 1));
        let published = [created(), linked("812"), FlowPublished { revision: 2 }.into(), status("PUBLISHED"), found("Summer booking")];
        let draft = of(id, &[created(), linked("813"), status("DRAFT")]);
        assert_eq!(of(id, &[published.as_slice(), &[linked("813")]].concat()), draft);
    }

    #[test]
    fn which_revision_is_published_says_nothing_of_how_the_flow_stands() {
        let id = FlowId::from_ulid(Ulid::from_parts(1, 1));
        for (revision, stands) in [(1, "BLOCKED"), (0, "BLOCKED"), (0, "PUBLISHED")] {
            let flow = of(id, &[created(), linked("812"), status(stands), FlowPublished { revision }.into()]);
            assert_eq!((flow.published, flow.status.as_deref()), (Some(revision), Some(stands)));
        }
    }

    #[test]
    fn a_flow_is_found_by_the_name_that_it_has_at_meta_and_by_no_other() {
        let (project, other) = (ProjectId::from_ulid(Ulid::from_parts(1, 2)), ProjectId::from_ulid(Ulid::from_parts(1, 3)));
        let id = FlowId::of_name(project, "booking");
        let ours = flow_name_at_meta("booking", id);
        for (facts, name) in [(vec![], &*ours), (vec![found("Summer booking")], "Summer booking")] {
            let flow = of(id, &[vec![created(), linked("812")], facts].concat());
            let flows = Flows(HashMap::from([(project, HashMap::from([(id, Arc::new(flow))]))]));
            for asked in ["booking", &ours, "Summer booking"] {
                let there = flows.find_at_meta(project, None, Some(asked)).map(|flow| flow.id);
                assert_eq!(there, (asked == name).then_some(id), "{asked}");
                assert_eq!(flows.find_at_meta(other, None, Some(asked)), None, "{asked} in another project");
            }
            assert_eq!(flows.find_at_meta(project, Some("812"), None).map(|flow| flow.id), Some(id));
        }
    }
}
