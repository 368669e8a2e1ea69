//! Which project a number belongs to, and which projects had it before: a fold of the `project` stream. Pure.
//!
//! When a project is erased, its own events about its numbers go with it. The claims on a number stay only if another project has the
//! number, or had it. So after an erasure, the recorder can no longer know whether a number without any history belonged to the erased
//! project; and what reached such a number before somebody connects it is given to nobody.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    Event, NumberClaimed, NumberReleased, OperationFailed, OperationId, OperationKind, OperationRetried, ProjectCreated, ProjectEvent,
    ProjectId, ProjectUpdated, Recorded,
};

use crate::decide::Project;

/// What the recorder does at once when it reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A number has a project from now on.
    Connected(String),
    /// A project is being deleted: nothing of it is recorded any more.
    Leaving(ProjectId),
}

/// Whose it is, what reached a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Whose {
    /// This project's.
    Of(Project),
    /// Whoever connects the number will say.
    Waits,
    /// Nobody's, whoever has the number later.
    Nobodys,
}

/// Who had a number.
struct Owners {
    /// When the first of them began to connect it.
    begun: DateTime<Utc>,
    /// Since when it belonged to which project, in the order of the log; `None`: to nobody. Never empty.
    since: Vec<(DateTime<Utc>, Option<ProjectId>)>,
}

impl Owners {
    fn has(&self) -> Option<ProjectId> {
        self.since.last().and_then(|(_, owner)| *owner)
    }

    /// Times never go back, whatever the clocks of those who wrote did.
    fn push(&mut self, since: DateTime<Utc>, owner: Option<ProjectId>) {
        let since = self.since.last().map_or(since, |(last, _)| since.max(*last));
        self.since.push((since, owner));
    }
}

/// A number that a signup brought to a project.
struct Offer {
    operation: OperationId,
    phone_number_id: String,
    /// When it began to be connected, or was tried again; `None`: that failed.
    begun: Option<DateTime<Utc>>,
}

/// What the log says of projects and their numbers.
#[derive(Default)]
pub(crate) struct Fold {
    /// How far it was read.
    pub(crate) sequence: u64,
    idle: HashMap<ProjectId, Option<TimeDelta>>,
    numbers: HashMap<String, Owners>,
    offers: HashMap<ProjectId, Offer>,
    leaving: HashSet<ProjectId>,
    /// Whether a project is erased: of numbers of which the log says nothing, it is not known whose they were.
    forgets: bool,
}

impl Fold {
    /// See [`crate::Projects::at`].
    pub(crate) fn whose(&self, phone_number_id: &str, time: DateTime<Utc>) -> Whose {
        let Some(owners) = self.numbers.get(phone_number_id) else { return Whose::Waits };
        let next = owners.since.partition_point(|(since, _)| *since <= time);
        let (before, after) = owners.since.split_at(next);
        let has = before.last().and_then(|(_, owner)| *owner);
        let had = before.iter().rev().find_map(|(_, owner)| *owner);
        let comes = after.iter().find_map(|(_, owner)| *owner);
        let of = |id: ProjectId| Whose::Of(Project { id, conversation_idle: self.idle.get(&id).copied().flatten() });
        match (has, had, comes) {
            (Some(id), _, _) => of(id),
            (None, None, Some(id)) if !self.forgets || owners.begun <= time => of(id),
            (None, None, None) => Whose::Waits,
            (None, Some(had), Some(id)) if id == had => of(id),
            (None, Some(had), None) if !self.leaving.contains(&had) => Whose::Waits,
            (None, _, _) => Whose::Nobodys,
        }
    }

    /// See [`crate::Projects::leaves`].
    pub(crate) fn leaves(&self, project: ProjectId) -> bool {
        self.leaving.contains(&project)
    }

    /// Every project that is being deleted, or is gone.
    pub(crate) fn leaving(&self) -> Vec<ProjectId> {
        self.leaving.iter().copied().collect()
    }

    /// Every number that ever belonged to a project.
    pub(crate) fn numbers(&self) -> Vec<String> {
        self.numbers.keys().cloned().collect()
    }

    /// The numbers that this project has or had.
    pub(crate) fn numbers_of(&self, project: ProjectId) -> Vec<String> {
        let theirs = |owners: &Owners| owners.since.iter().any(|(_, owner)| *owner == Some(project));
        self.numbers.iter().filter(|(_, owners)| theirs(owners)).map(|(number, _)| number.clone()).collect()
    }

    /// Takes an event in. Once more changes nothing.
    pub(crate) fn apply(&mut self, event: &Recorded) -> Option<News> {
        if event.sequence <= self.sequence {
            return None;
        }
        self.sequence = event.sequence;
        match ProjectEvent::decode(event) {
            Ok(said) => self.hear(event, said),
            Err(error) => {
                tracing::error!(%error, stream.seq = event.sequence, "project event is not readable, passed over");
                None
            }
        }
    }

    /// A claim says what its project says too, and is not taken away with it where others claimed the number.
    fn hear(&mut self, event: &Recorded, said: ProjectEvent) -> Option<News> {
        let (project, claimed) = (event.subject.project_id(), event.subject.token(2));
        match said {
            ProjectEvent::ProjectCreated(ProjectCreated { conversation_idle_seconds, .. })
            | ProjectEvent::ProjectUpdated(ProjectUpdated { conversation_idle_seconds, .. }) => {
                let idle = conversation_idle_seconds.map(|seconds| TimeDelta::seconds(seconds.into()));
                self.idle.insert(project?, idle);
            }
            ProjectEvent::NumberOffered(offered) => {
                let (operation, phone_number_id) = (offered.operation, offered.phone_number_id);
                self.offers.insert(project?, Offer { operation, phone_number_id, begun: Some(event.time) });
            }
            ProjectEvent::OperationFailed(OperationFailed { operation, .. }) => self.begin(project?, operation, None),
            ProjectEvent::OperationRetried(OperationRetried { operation, .. }) => self.begin(project?, operation, Some(event.time)),
            ProjectEvent::NumberConnected(connected) => {
                self.take(&connected.phone_number_id, project?, event.time);
                return Some(News::Connected(connected.phone_number_id));
            }
            ProjectEvent::NumberClaimed(NumberClaimed { project }) => self.take(claimed?, project, event.time),
            ProjectEvent::NumberDisconnected(disconnected) => self.let_go(&disconnected.phone_number_id, project?, event.time),
            ProjectEvent::NumberReleased(NumberReleased { project }) => self.let_go(claimed?, project, event.time),
            ProjectEvent::OperationStarted(started) if started.kind == OperationKind::DeleteProject => {
                let project = project?;
                self.leaving.insert(project);
                return Some(News::Leaving(project));
            }
            ProjectEvent::ProjectErased(_) => {
                self.leaving.insert(project?);
                self.forgets = true;
            }
            ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStarted(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => {}
        }
        None
    }

    /// The operation that connects a number began anew, or failed.
    fn begin(&mut self, project: ProjectId, operation: OperationId, begun: Option<DateTime<Utc>>) {
        if let Some(offer) = self.offers.get_mut(&project).filter(|offer| offer.operation == operation) {
            offer.begun = begun;
        }
    }

    fn take(&mut self, number: &str, project: ProjectId, at: DateTime<Utc>) {
        let offer = self.offers.get(&project).filter(|offer| offer.phone_number_id == number);
        let begun = offer.and_then(|offer| offer.begun).unwrap_or(at);
        let owners = self.numbers.entry(number.to_owned()).or_insert_with(|| Owners { begun, since: Vec::new() });
        if owners.has() != Some(project) {
            owners.push(at, Some(project));
        }
    }

    fn let_go(&mut self, number: &str, project: ProjectId, at: DateTime<Utc>) {
        if let Some(owners) = self.numbers.get_mut(number).filter(|owners| owners.has() == Some(project)) {
            owners.push(at, None);
        }
    }
}

#[cfg(test)]
mod tests;
