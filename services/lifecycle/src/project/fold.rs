//! What each event makes of a project.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{OperationKind, ProjectCreated, ProjectEvent, ProjectId, UnknownOutcome};

use super::{Asked, Made, Project};
use crate::number::{DisplayName, Number};
use crate::operation::{Failure, Operation, Outcome, steps};
use crate::transfer::{Transfer, TransferState};

/// An event and where it is in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    /// What happened.
    pub event: &'a ProjectEvent,
    /// Its sequence.
    pub sequence: u64,
    /// When.
    pub time: DateTime<Utc>,
}

impl Project {
    /// Applies one event of `project.<id>`. None stays none until the project is created, and is what an erased one becomes.
    pub(crate) fn fold(state: Option<Self>, id: ProjectId, at: At<'_>) -> Option<Self> {
        match (state, at.event) {
            (None, ProjectEvent::ProjectCreated(created)) => Some(Self::created(id, created, at)),
            (None, _) | (Some(_), ProjectEvent::ProjectErased(_)) => None,
            (Some(mut project), _) => {
                project.take(at);
                project.updated_at = at.time;
                project.version = at.sequence;
                Some(project)
            }
        }
    }

    fn created(id: ProjectId, created: &ProjectCreated, at: At<'_>) -> Self {
        let ProjectCreated { name, conversation_idle_seconds, workspace } = created.clone();
        let kind = OperationKind::CreateProject;
        Self {
            id,
            asked: Asked { name: name.clone(), conversation_idle_seconds, workspace },
            name,
            conversation_idle_seconds,
            unknown_outcome: UnknownOutcome::default(),
            workspace,
            made: Made::NotYet,
            // Projects of the time before operations were events have no other word of it.
            operation: Operation::begun(Self::making(id), kind, at.time, at.time + steps::time_max(kind), at.sequence),
            earlier: Vec::new(),
            suspended_at: None,
            billing_sequence: 0,
            transfer: None,
            number: None,
            offer: None,
            superseded: Vec::new(),
            registered: BTreeSet::new(),
            description: None,
            profile: None,
            display_name: None,
            created_at: at.time,
            updated_at: at.time,
            created_sequence: at.sequence,
            version: at.sequence,
        }
    }

    fn take(&mut self, at: At<'_>) {
        match at.event {
            ProjectEvent::ProjectUpdated(updated) => {
                self.name.clone_from(&updated.name);
                self.conversation_idle_seconds = updated.conversation_idle_seconds;
            }
            ProjectEvent::SendingPolicySet(set) => self.unknown_outcome = set.unknown_outcome,
            ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::OperationStarted(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationRetried(_)
            | ProjectEvent::OperationCompleted(_) => self.take_operation(at),
            ProjectEvent::ProjectSuspended(suspended) => {
                self.suspended_at = Some(suspended.at);
                self.billing_sequence = suspended.billing_sequence;
            }
            ProjectEvent::ProjectRestored(restored) => {
                self.suspended_at = None;
                self.billing_sequence = restored.billing_sequence;
            }
            ProjectEvent::ProjectTransferred(_) | ProjectEvent::TransferRequested(_) | ProjectEvent::TransferEnded(_) => {
                self.take_transfer(at);
            }
            ProjectEvent::NumberOffered(_)
            | ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_) => self.take_number(at),
            // The claim and the key are entities of their own; of an erased project nothing is left to change.
            ProjectEvent::ProjectCreated(_)
            | ProjectEvent::ProjectErased(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::DataKeyCreated(_) => {}
        }
    }

    fn take_operation(&mut self, At { event, sequence, time }: At<'_>) {
        if let ProjectEvent::OperationStarted(started) = event {
            // It cannot be tried again any more.
            let held = self.offer_held().cloned();
            self.superseded.retain(|offer| Some(offer) != held.as_ref());
            self.offer = held;
            let registered = std::mem::take(&mut self.registered);
            self.registered = registered.into_iter().filter(|number| self.offer_of(number).is_some()).collect();
            let begun = Operation::begun(started.operation, started.kind, time, started.deadline, sequence);
            let before = std::mem::replace(&mut self.operation, Operation { overwrite: started.overwrite, ..begun });
            if before.id != started.operation {
                self.earlier.push(before);
            }
            return;
        }
        let operation = &mut self.operation;
        let making = operation.kind == OperationKind::CreateProject;
        if let ProjectEvent::ProjectReady(_) = event {
            self.made = Made::Ready;
            if making {
                operation.succeeded(time);
            }
        } else if let ProjectEvent::ProjectFailed(failed) = event {
            self.made = Made::Failed;
            if making {
                let (step, reason) = (failed.step.clone(), failed.reason.clone());
                operation.outcome = Outcome::Failed(Failure { step, code: "step_failed".to_owned(), reason, at: time });
            }
        } else if let ProjectEvent::OperationStepCompleted(completed) = event {
            operation.step_done(&completed.step, time, completed.left.clone());
            if completed.step == steps::REGISTER {
                self.registered.extend(self.offer.as_ref().map(|offer| offer.phone_number_id.clone()));
            } else if let Some(number) = steps::deregistered(&completed.step) {
                self.registered.remove(number);
            }
        } else if let ProjectEvent::OperationFailed(failed) = event {
            operation.failed(failed, time);
            if operation.failure().is_some_and(Failure::leaves_registration_open) {
                self.registered.extend(self.offer.as_ref().map(|offer| offer.phone_number_id.clone()));
            }
            // Let go, and Meta keeps it: it is in use by nobody, and remembered until it is given back.
            if operation.kind == OperationKind::DisconnectNumber && self.number.is_none() {
                self.superseded.extend(self.offer.take());
            }
        } else if let ProjectEvent::OperationRetried(retried) = event {
            operation.retried(retried.deadline, time, sequence);
            if making {
                self.made = Made::NotYet;
            }
        } else if let ProjectEvent::OperationCompleted(_) = event {
            operation.succeeded(time);
            if matches!(operation.kind, OperationKind::ConnectNumber | OperationKind::DisconnectNumber) {
                self.superseded.clear();
            }
            if operation.kind == OperationKind::DisconnectNumber {
                self.offer = None;
            }
        }
        operation.sequence = sequence;
    }

    fn take_transfer(&mut self, At { event, time, .. }: At<'_>) {
        if let ProjectEvent::TransferRequested(requested) = event {
            self.transfer = Some(Transfer {
                id: requested.transfer,
                from: self.workspace,
                to: requested.to,
                requested_at: time,
                expires_at: requested.expires_at,
                state: TransferState::Pending,
            });
        } else if let ProjectEvent::TransferEnded(ended) = event {
            self.end_transfer(TransferState::Ended(ended.outcome));
        } else if let ProjectEvent::ProjectTransferred(transferred) = event {
            self.workspace = transferred.to;
            self.end_transfer(TransferState::Accepted);
        }
    }

    fn end_transfer(&mut self, state: TransferState) {
        if let Some(transfer) = &mut self.transfer {
            transfer.state = state;
        }
    }

    fn take_number(&mut self, At { event, time, .. }: At<'_>) {
        if let ProjectEvent::NumberOffered(offered) = event {
            let other = self.offer.replace(offered.clone()).filter(|old| old.phone_number_id != offered.phone_number_id);
            self.superseded.retain(|old| old.phone_number_id != offered.phone_number_id);
            self.superseded.extend(other);
        } else if let ProjectEvent::NumberConnected(connected) = event {
            let other = self.number.as_ref().is_none_or(|number| number.id.as_str() != connected.phone_number_id);
            if other {
                self.forget_number();
            }
            self.number = Some(Number::of(connected));
        } else if let ProjectEvent::NumberDisconnected(_) = event {
            self.forget_number();
        } else if let ProjectEvent::NumberDescribed(described) = event {
            self.description = Some(described.clone());
        } else if let ProjectEvent::BusinessProfileChanged(changed) = event {
            self.profile = Some(changed.clone());
        } else if let ProjectEvent::DisplayNameRequested(requested) = event {
            self.display_name = Some(DisplayName::requested(requested, time));
        } else if let ProjectEvent::DisplayNameDecided(decided) = event {
            self.display_name = Some(DisplayName::decided(decided, time));
        }
    }

    /// What was known of the number, but not what is needed to give it back.
    fn forget_number(&mut self) {
        self.number = None;
        self.description = None;
        self.profile = None;
        self.display_name = None;
    }
}
