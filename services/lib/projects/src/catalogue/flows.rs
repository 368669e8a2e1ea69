//! Flows, each as the log last told of it. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{DriftChoice, Event, FlowEvent, FlowId, ProjectId, Recorded, flow_name_at_meta};

/// A Flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Our id of it.
    pub id: FlowId,
    /// Its name here.
    pub name: String,
    /// What somebody called it at Meta, if that was chosen; none: its name here says.
    pub called: Option<String>,
    /// What somebody called it at Meta, until somebody chooses.
    pub found_as: Option<String>,
    /// Meta's id, once Meta has it.
    pub meta_id: Option<String>,
    /// Meta's word; none: Meta does not have it.
    pub status: Option<String>,
    /// The latest revision here.
    pub revision: Option<u32>,
    /// The revision that Meta has as its draft.
    pub uploaded: Option<u32>,
    /// The revision that people can open.
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

    /// What it is called at Meta, as far as was heard.
    fn name_at_meta(&self) -> String {
        let theirs = self.found_as.as_ref().or(self.called.as_ref());
        theirs.cloned().unwrap_or_else(|| flow_name_at_meta(&self.name, self.id))
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
            None => name == Some(&*flow.name_at_meta()),
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
            let new = Flow {
                id,
                name: created.name,
                called: None,
                found_as: None,
                meta_id: None,
                status: None,
                revision: None,
                uploaded: None,
                published: None,
            };
            Some(before.unwrap_or(new))
        }
        (FlowEvent::FlowDeleted(_) | FlowEvent::FlowSpaceErased(_) | FlowEvent::FlowSpaceCreated(_), _) | (_, None) => None,
        (FlowEvent::FlowUpdated(updated), Some(before)) => {
            let called = before.called.filter(|_| before.name == updated.name && !updated.name_given_back);
            Some(Flow { name: updated.name, called, found_as: None, ..before })
        }
        (FlowEvent::FlowRevised(revised), Some(before)) => Some(Flow { revision: Some(revised.revision), ..before }),
        // Another one at Meta: a draft, of which nothing is there yet.
        (FlowEvent::FlowLinked(linked), Some(before)) => Some(Flow {
            called: None,
            found_as: None,
            meta_id: Some(linked.flow_id),
            status: Some("DRAFT".to_owned()),
            uploaded: None,
            published: None,
            ..before
        }),
        (FlowEvent::FlowUploaded(uploaded), Some(before)) => Some(Flow { uploaded: Some(uploaded.revision), found_as: None, ..before }),
        (FlowEvent::FlowPublished(published), Some(before)) => {
            Some(Flow { published: Some(published.revision), status: Some("PUBLISHED".to_owned()), ..before })
        }
        (FlowEvent::FlowStatusReported(reported), Some(before)) => Some(Flow { status: Some(reported.status), ..before }),
        (FlowEvent::FlowDriftFound(found), Some(before)) => Some(Flow { found_as: found.name, ..before }),
        (FlowEvent::FlowDriftResolved(resolved), Some(before)) => {
            let called = match resolved.choice {
                DriftChoice::KeepOurs => before.called,
                DriftChoice::TakeTheirs => before.found_as.or(before.called),
            };
            Some(Flow { called, found_as: None, ..before })
        }
        (FlowEvent::FlowSyncFailed(_) | FlowEvent::FlowNameTaken(_) | FlowEvent::FlowHealthReported(_), before) => before,
    }
}

#[cfg(test)]
mod tests {
    use contract::{FlowCreated, FlowDriftFound, FlowDriftResolved, FlowLinked, FlowUpdated};
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_flow_that_is_linked_anew_is_a_draft_again() {
        let id = FlowId::from_ulid(Ulid::from_parts(1, 1));
        let published = Flow {
            id,
            name: "booking".to_owned(),
            called: Some("Summer booking".to_owned()),
            found_as: None,
            meta_id: Some("812".to_owned()),
            status: Some("PUBLISHED".to_owned()),
            revision: Some(3),
            uploaded: Some(2),
            published: Some(2),
        };
        let linked = FlowLinked { flow_id: "813".to_owned(), waba_id: "104".to_owned(), meta_sha256: None };
        let draft = Flow {
            called: None,
            meta_id: Some("813".to_owned()),
            status: Some("DRAFT".to_owned()),
            uploaded: None,
            published: None,
            ..published.clone()
        };
        assert_eq!(evolve(Some(published), id, linked.into()), Some(draft));
    }

    fn updated(name: &str, name_given_back: bool) -> FlowEvent {
        FlowUpdated { name: name.to_owned(), categories: vec!["OTHER".to_owned()], endpoint_uri: None, name_given_back }.into()
    }

    fn found(name: Option<&str>) -> FlowEvent {
        FlowDriftFound { meta_sha256: "ab".to_owned(), revision: None, details: None, name: name.map(str::to_owned) }.into()
    }

    fn resolved(choice: DriftChoice) -> FlowEvent {
        FlowDriftResolved { meta_sha256: "ab".to_owned(), choice }.into()
    }

    #[test]
    fn a_flow_is_found_by_the_name_that_it_has_at_meta_and_by_no_other() {
        let (project, other) = (ProjectId::from_ulid(Ulid::from_parts(1, 2)), ProjectId::from_ulid(Ulid::from_parts(1, 3)));
        let id = FlowId::of_name(project, "booking");
        let created: FlowEvent =
            FlowCreated { name: "booking".to_owned(), categories: vec!["OTHER".to_owned()], endpoint_uri: None }.into();
        let linked: FlowEvent = FlowLinked { flow_id: "812".to_owned(), waba_id: "104".to_owned(), meta_sha256: None }.into();
        let (booking, table, theirs) = (format!("booking {id}"), format!("table {id}"), "Summer booking".to_owned());
        let drifted = || vec![found(Some("Summer booking"))];
        let taken = |then: Vec<FlowEvent>| [drifted(), vec![resolved(DriftChoice::TakeTheirs)], then].concat();
        for (facts, name) in [
            (vec![], &booking),
            (vec![updated("table", false)], &table),
            (drifted(), &theirs),
            ([drifted(), vec![found(None)]].concat(), &booking),
            ([drifted(), vec![resolved(DriftChoice::KeepOurs)]].concat(), &booking),
            (taken(vec![]), &theirs),
            (taken(vec![found(None)]), &theirs),
            (taken(vec![found(None), resolved(DriftChoice::TakeTheirs)]), &theirs),
            (taken(vec![updated("booking", false)]), &theirs),
            (taken(vec![updated("booking", true)]), &booking),
            (taken(vec![updated("table", false)]), &table),
            (taken(vec![linked.clone()]), &booking),
        ] {
            let log = [vec![created.clone(), linked.clone()], facts].concat();
            let flow = log.iter().cloned().fold(None, |before, fact| evolve(before, id, fact)).unwrap();
            let flows = Flows(HashMap::from([(project, HashMap::from([(id, Arc::new(flow))]))]));
            for asked in ["booking", "table", &booking, &table, &theirs] {
                let there = flows.find_at_meta(project, None, Some(asked)).map(|flow| flow.id);
                assert_eq!(there, (asked == name).then_some(id), "{asked} after {log:?}");
                assert_eq!(flows.find_at_meta(other, None, Some(asked)), None, "{asked} in another project");
            }
            assert_eq!(flows.find_at_meta(project, Some("812"), None).map(|flow| flow.id), Some(id));
        }
    }
}
