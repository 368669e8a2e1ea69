//! How a Flow is called at Meta: what it is made as, and what becomes of that where somebody calls it otherwise there. Folded here for all who
//! read its events: who compares with Meta and who sends must not differ.

use serde::{Deserialize, Serialize};

use crate::{DriftChoice, FlowEvent, FlowId};

/// What a Flow of that name is made as at Meta. Names are unique in a WhatsApp Business Account, and several projects may share one: the id
/// makes it unique, and makes the Flow found again after an answer of Meta's that was lost.
pub fn flow_name_at_meta(name: &str, flow: FlowId) -> String {
    format!("{name} {flow}")
}

/// What somebody called a Flow at Meta, as far as its events say; nothing: its name here says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledAtMeta {
    /// What was found there, and chosen to stay.
    pub taken: Option<String>,
    /// What was found there, until somebody chooses.
    pub found: Option<String>,
}

impl CalledAtMeta {
    /// Applies an event of the Flow; `name` is what it was called here before.
    pub fn apply(&mut self, name: &str, event: &FlowEvent) {
        match event {
            // Another one at Meta, or none yet.
            FlowEvent::FlowCreated(_) | FlowEvent::FlowLinked(_) => *self = Self::default(),
            FlowEvent::FlowUpdated(updated) => {
                self.found = None;
                self.taken = self.taken.take().filter(|_| updated.name == name && !updated.name_given_back);
            }
            FlowEvent::FlowUploaded(_) | FlowEvent::FlowDeleted(_) => self.found = None,
            FlowEvent::FlowDriftFound(drift) => self.found.clone_from(&drift.name),
            FlowEvent::FlowDriftResolved(resolved) => {
                let found = self.found.take();
                match resolved.choice {
                    DriftChoice::KeepOurs => {}
                    DriftChoice::TakeTheirs => self.taken = found.or_else(|| self.taken.take()),
                }
            }
            FlowEvent::FlowSpaceCreated(_)
            | FlowEvent::FlowSpaceErased(_)
            | FlowEvent::FlowNameTaken(_)
            | FlowEvent::FlowRevised(_)
            | FlowEvent::FlowPublished(_)
            | FlowEvent::FlowStatusReported(_)
            | FlowEvent::FlowSyncFailed(_)
            | FlowEvent::FlowHealthReported(_) => {}
        }
    }

    /// What a Flow of that name is to be called there.
    pub fn wanted(&self, name: &str, flow: FlowId) -> String {
        self.taken.clone().unwrap_or_else(|| flow_name_at_meta(name, flow))
    }

    /// Whether a Flow of that name is called `asked` there, as far as was heard. Writes no name down: whoever looks for one asks every Flow.
    pub fn is(&self, asked: &str, name: &str, flow: FlowId) -> bool {
        match self.found.as_deref().or(self.taken.as_deref()) {
            Some(theirs) => theirs == asked,
            None => asked.strip_prefix(name).and_then(|rest| rest.strip_prefix(' ')).is_some_and(|id| id == flow.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;
    use crate::{FlowCreated, FlowDriftFound, FlowDriftResolved, FlowLinked, FlowUpdated};

    const THEIRS: &str = "Summer booking";

    fn id(n: u128) -> FlowId {
        FlowId::from_ulid(Ulid::from_parts(1, n))
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
    fn a_name_at_meta_is_ours_until_theirs_was_found_and_theirs_for_as_long_as_it_was_chosen() {
        let linked: FlowEvent = FlowLinked { flow_id: "812".to_owned(), waba_id: "104".to_owned(), meta_sha256: None }.into();
        let created: FlowEvent =
            FlowCreated { name: "booking".to_owned(), categories: vec!["OTHER".to_owned()], endpoint_uri: None }.into();
        let (booking, table) = (flow_name_at_meta("booking", id(1)), flow_name_at_meta("table", id(1)));
        let (booking, table) = (booking.as_str(), table.as_str());
        let drifted = || vec![found(Some(THEIRS))];
        let taken = |then: Vec<FlowEvent>| [drifted(), vec![resolved(DriftChoice::TakeTheirs)], then].concat();
        // What it is called, and what it is to be called.
        for (facts, heard, wanted) in [
            (vec![], booking, booking),
            (vec![updated("table", false)], table, table),
            (drifted(), THEIRS, booking),
            ([drifted(), vec![found(None)]].concat(), booking, booking),
            ([drifted(), vec![resolved(DriftChoice::KeepOurs)]].concat(), booking, booking),
            (taken(vec![]), THEIRS, THEIRS),
            (taken(vec![found(Some("By hand"))]), "By hand", THEIRS),
            (taken(vec![found(None), resolved(DriftChoice::TakeTheirs)]), THEIRS, THEIRS),
            (taken(vec![found(Some("By hand")), resolved(DriftChoice::KeepOurs)]), THEIRS, THEIRS),
            (taken(vec![updated("booking", false)]), THEIRS, THEIRS),
            (taken(vec![updated("booking", true)]), booking, booking),
            (taken(vec![updated("table", false)]), table, table),
            (taken(vec![linked]), booking, booking),
            (taken(vec![created]), booking, booking),
        ] {
            let (mut called, mut name) = (CalledAtMeta::default(), "booking".to_owned());
            for fact in &facts {
                called.apply(&name, fact);
                if let FlowEvent::FlowUpdated(updated) = fact {
                    name.clone_from(&updated.name);
                }
            }
            assert_eq!(called.wanted(&name, id(1)), wanted, "after {facts:?}");
            for asked in ["booking", "table", "By hand", booking, table, THEIRS] {
                assert_eq!(called.is(asked, &name, id(1)), asked == heard, "{asked} after {facts:?}");
            }
        }
    }

    #[test]
    fn a_name_is_compared_whole() {
        let ours = flow_name_at_meta("booking", id(1));
        for (name, flow, same) in [("booking", 1, true), ("booking", 2, false), ("book", 1, false), ("booking ", 1, false), ("", 1, false)]
        {
            assert_eq!(CalledAtMeta::default().is(&ours, name, id(flow)), same, "{name:?} {flow}");
        }
        let lettered = flow_name_at_meta("booking", id(10)); // its id ends with a letter
        assert_ne!(lettered.to_lowercase(), lettered);
        assert!(!CalledAtMeta::default().is(&lettered.to_lowercase(), "booking", id(10)));
    }
}
