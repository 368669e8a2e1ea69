//! What each event makes of a project. Pure.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{Event, NumberConnected, NumberOffered, OperationKind, ProjectCreated, ProjectEvent, ProjectId, Recorded};

use crate::{Life, Number, Project};

/// Every project that is not erased.
#[derive(Default)]
pub(crate) struct Fold {
    sequence: u64,
    projects: HashMap<ProjectId, Known>,
    numbers: HashMap<String, ProjectId>,
    wabas: HashMap<String, BTreeSet<ProjectId>>,
}

struct Known {
    project: Arc<Project>,
    /// What signups at Meta brought, one for each number: its token is there before the number is connected.
    offers: Vec<NumberOffered>,
    /// The number that was connected last, also if it is not any more.
    last: Option<Last>,
}

/// A number, and from when on it is the only one that people write to. None: it always was.
struct Last {
    phone_number_id: String,
    since: Option<DateTime<Utc>>,
}

impl Fold {
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(crate) fn get(&self, project: ProjectId) -> Option<Arc<Project>> {
        self.projects.get(&project).map(|known| Arc::clone(&known.project))
    }

    pub(crate) fn by_number(&self, phone_number_id: &str) -> Option<ProjectId> {
        self.numbers.get(phone_number_id).copied()
    }

    pub(crate) fn by_waba(&self, waba_id: &str) -> Vec<ProjectId> {
        self.wabas.get(waba_id).into_iter().flatten().copied().collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Project>> {
        self.projects.values().map(|known| Arc::clone(&known.project)).collect()
    }

    /// Applies an event of `project.<id>`; a second time changes nothing.
    pub(crate) fn apply(&mut self, event: &Recorded) {
        if event.sequence <= self.sequence {
            return;
        }
        self.sequence = event.sequence;
        let Some(id) = event.subject.project_id() else { return };
        match ProjectEvent::decode(event) {
            Ok(what) => self.take(id, what, event),
            Err(error) => tracing::error!(%error, stream.seq = event.sequence, "project event is not readable, passed over"),
        }
    }

    fn take(&mut self, id: ProjectId, event: ProjectEvent, recorded: &Recorded) {
        if let ProjectEvent::ProjectCreated(created) = &event {
            self.projects.entry(id).or_insert_with(|| Known { project: Arc::new(new(id, created)), offers: Vec::new(), last: None });
        }
        let Some(known) = self.projects.get_mut(&id) else { return };
        let before = known.project.number.clone();
        let erased = matches!(event, ProjectEvent::ProjectErased(_));
        known.take(event, recorded);
        let after = if erased { None } else { known.project.number.clone() };
        if erased {
            self.projects.remove(&id);
        }
        if before != after {
            self.unlink(id, before.as_ref());
            self.link(id, after.as_ref());
        }
    }

    fn unlink(&mut self, id: ProjectId, number: Option<&Number>) {
        let Some(number) = number else { return };
        // Somebody else's by now, if they connected it first.
        if self.by_number(&number.phone_number_id) == Some(id) {
            self.numbers.remove(&number.phone_number_id);
        }
        if let Some(waba) = &number.waba_id
            && let Some(projects) = self.wabas.get_mut(waba)
        {
            projects.remove(&id);
            if projects.is_empty() {
                self.wabas.remove(waba);
            }
        }
    }

    fn link(&mut self, id: ProjectId, number: Option<&Number>) {
        let Some(number) = number else { return };
        self.numbers.insert(number.phone_number_id.clone(), id);
        if let Some(waba) = &number.waba_id {
            self.wabas.entry(waba.clone()).or_default().insert(id);
        }
    }
}

impl Known {
    fn take(&mut self, event: ProjectEvent, recorded: &Recorded) {
        let project = Arc::make_mut(&mut self.project);
        project.sequence = recorded.sequence;
        match event {
            ProjectEvent::ProjectUpdated(updated) => {
                project.name = updated.name;
                project.conversation_idle = idle(updated.conversation_idle_seconds);
            }
            ProjectEvent::ProjectReady(_) => project.live(Life::Ready),
            ProjectEvent::ProjectFailed(_) => project.live(Life::Failed),
            ProjectEvent::OperationRetried(_) if project.life == Life::Failed => project.live(Life::Provisioning),
            ProjectEvent::OperationStarted(started) if started.kind == OperationKind::DeleteProject => project.live(Life::Leaving),
            ProjectEvent::ProjectErased(_) => project.live(Life::Leaving),
            ProjectEvent::ProjectSuspended(_) => project.suspended = true,
            ProjectEvent::ProjectRestored(_) => project.suspended = false,
            ProjectEvent::ProjectTransferred(transferred) => project.workspace = transferred.to,
            ProjectEvent::SendingPolicySet(set) => project.unknown_outcome = set.unknown_outcome,
            ProjectEvent::NumberOffered(offered) => {
                if let Some(number) = project.number.as_mut().filter(|number| number.phone_number_id == offered.phone_number_id) {
                    number.take(&offered);
                }
                self.offers.retain(|offer| offer.phone_number_id != offered.phone_number_id);
                self.offers.push(offered);
            }
            ProjectEvent::NumberConnected(connected) => {
                let offer = self.offers.iter().find(|offer| offer.phone_number_id == connected.phone_number_id);
                let since = match self.last.take() {
                    None => None,
                    Some(last) if last.phone_number_id == connected.phone_number_id => last.since,
                    Some(_) => Some(recorded.time),
                };
                self.last = Some(Last { phone_number_id: connected.phone_number_id.clone(), since });
                project.number = Some(number(connected, offer, since));
            }
            ProjectEvent::NumberDisconnected(disconnected) => {
                project.number = project.number.take().filter(|number| number.phone_number_id != disconnected.phone_number_id);
                self.offers.retain(|offer| offer.phone_number_id != disconnected.phone_number_id);
            }
            // The claim and the key are entities of their own.
            ProjectEvent::ProjectCreated(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStarted(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationRetried(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_) => {}
        }
    }
}

impl Project {
    /// Nothing takes a deletion back.
    fn live(&mut self, life: Life) {
        if self.life != Life::Leaving {
            self.life = life;
        }
    }
}

impl Number {
    fn take(&mut self, offer: &NumberOffered) {
        self.waba_id = Some(offer.waba_id.clone());
        self.coexistence = offer.coexistence;
        self.sealed_token = Some(offer.sealed_token.clone());
    }
}

fn new(id: ProjectId, created: &ProjectCreated) -> Project {
    Project {
        id,
        workspace: created.workspace,
        name: created.name.clone(),
        life: Life::Provisioning,
        suspended: false,
        conversation_idle: idle(created.conversation_idle_seconds),
        unknown_outcome: contract::UnknownOutcome::default(),
        number: None,
        sequence: 0,
    }
}

fn number(connected: NumberConnected, offer: Option<&NumberOffered>, since: Option<DateTime<Utc>>) -> Number {
    let NumberConnected { phone_number_id, waba_id, display_phone_number } = connected;
    let display = display_phone_number;
    let mut number = Number { phone_number_id, waba_id: None, display, coexistence: false, sealed_token: None, since };
    if let Some(offer) = offer {
        number.take(offer);
    }
    number.waba_id = waba_id.or(number.waba_id);
    number
}

fn idle(seconds: Option<u32>) -> Option<TimeDelta> {
    seconds.map(|seconds| TimeDelta::seconds(seconds.into()))
}
