//! What is sought in everything that is read, and where it was found: a project's marks, and its id.
//!
//! A text is looked at when it is read and not kept, so it may be a million.

use std::collections::BTreeSet;

use contract::ProjectId;

use super::marks::{Mark, Place};

/// The places in which the id of an erased project may be found for ever, each with a reason. Anywhere else it is a trace that should not
/// be there. Nothing else stays: no name, no text, no number, no address, no secret.
const ID_STAYS: [(Place, &str); 12] = [
    // The one fact.
    (Place::Log, "project.project_erased.v2"),
    // What a workspace says of itself: it had a key for the project, and granted a member something in it. Both are nothing from now on. What
    // the key was called and who the member is are the workspace's.
    (Place::Log, "workspace.key_issued.v1"),
    (Place::Log, "workspace.member_permissions_changed.v1"),
    (Place::Databases, "access.keys"),
    (Place::Databases, "access.members"),
    // So that nothing that comes late makes a row of it again, in each service that has rows. For a day also `lifecycle.erased_numbers`, where
    // its numbers are, sealed.
    (Place::Databases, "lifecycle.erased"),
    (Place::Databases, "billing.erased"),
    (Place::Databases, "flow_sync.erased"),
    (Place::Databases, "media.erased"),
    (Place::Databases, "access.projects"),
    // That, and when, it was erased.
    (Place::Databases, "access.audit"),
    // What any process says of a project names it by its id, and says nothing else of it.
    (Place::Said, ""),
];

/// See the module.
pub struct Search<'a> {
    marks: &'a [Mark],
    /// As it is written, and as the names of databases and roles have it, in small letters.
    id: [String; 2],
    /// Of each mark.
    found: Vec<BTreeSet<(Place, String)>>,
    /// Of the id.
    named: BTreeSet<(Place, String)>,
}

impl<'a> Search<'a> {
    /// Nothing is read yet.
    pub fn new(project: ProjectId, marks: &'a [Mark]) -> Self {
        let id = project.ulid().to_string();
        Self { marks, id: [id.to_lowercase(), id], found: vec![BTreeSet::new(); marks.len()], named: BTreeSet::new() }
    }

    /// A text was read somewhere.
    pub fn look(&mut self, place: Place, at: &str, text: &str) {
        for (mark, found) in self.marks.iter().zip(&mut self.found) {
            if text.contains(&mark.text) {
                found.insert((place, at.to_owned()));
            }
        }
        if self.id.iter().any(|id| text.contains(id)) {
            self.named.insert((place, at.to_owned()));
        }
    }

    /// Where marks were found.
    pub fn found(&self) -> Vec<String> {
        let of_mark = |(mark, found): (&Mark, &BTreeSet<(Place, String)>)| -> Vec<String> {
            found.iter().map(|(place, at)| format!("{}: {place:?} {at}", mark.what)).collect()
        };
        self.marks.iter().zip(&self.found).flat_map(of_mark).collect()
    }

    /// What is wrong while the project still exists: a text that is not found where it should be, so that not finding it later would prove
    /// nothing; or a text that nobody may keep unsealed, and that was found.
    pub fn unplanted(&self) -> Vec<String> {
        let mut amiss = Vec::new();
        for (mark, found) in self.marks.iter().zip(&self.found) {
            let missing = mark.kept_in.iter().filter(|kept| !found.iter().any(|(place, _)| place == *kept));
            amiss.extend(missing.map(|place| format!("{} was never in {place:?}", mark.what)));
            if mark.kept_in.is_empty() {
                amiss.extend(found.iter().map(|(place, at)| format!("{} in the clear: {place:?} {at}", mark.what)));
            }
        }
        if self.named.is_empty() {
            amiss.push("its id was nowhere".to_owned());
        }
        amiss
    }

    /// What is wrong after the project is gone: texts of it that are still found, its id in places where it may not be, and places that are
    /// documented to keep the id but do not.
    pub fn left(&self) -> Vec<String> {
        let traces = self.named.iter().filter(|named| !ID_STAYS.iter().any(|stays| is_at(named, stays)));
        let traces = traces.map(|(place, at)| format!("the id: {place:?} {at}"));
        let missing = ID_STAYS.iter().filter(|stays| !self.named.iter().any(|named| is_at(named, stays)));
        let missing = missing.map(|(place, at)| format!("not the id: {place:?} {at}"));
        self.found().into_iter().chain(traces).chain(missing).collect()
    }
}

fn is_at((place, at): &(Place, String), (stays_in, stays_at): &(Place, &str)) -> bool {
    place == stays_in && at.contains(stays_at)
}
