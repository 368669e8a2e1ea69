//! A project as its events leave it. The same fold serves decisions, the follower and the rebuild at start.

use chrono::{DateTime, Utc};
use contract::{OperationId, ProjectEvent, ProjectId};

use crate::number::Number;

/// How far a project's life has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    /// What it needs is being made.
    Provisioning,
    /// It can be used.
    Ready,
    /// Provisioning was given up.
    Failed {
        /// The step that failed.
        step: String,
        /// Why, for its owner to read.
        reason: String,
    },
}

/// One project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// After how many seconds without a message a conversation ends; none: never.
    pub conversation_idle_seconds: Option<u32>,
    /// How far it has come.
    pub status: Status,
    /// The number that is connected.
    pub number: Option<Number>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it became ready or failed.
    pub settled_at: Option<DateTime<Utc>>,
    /// The sequence of its first event.
    pub created_sequence: u64,
    /// The sequence of its last event: the version that callers see and the token of optimistic concurrency.
    pub version: u64,
}

impl Project {
    /// The operation that makes it. It bears the project's own ULID: a project is created exactly once.
    pub(crate) fn operation(&self) -> OperationId {
        OperationId::from_ulid(self.id.ulid())
    }

    /// Applies one event of `project.<id>`. None stays none until the project is created.
    pub(crate) fn fold(state: Option<Self>, id: ProjectId, sequence: u64, at: DateTime<Utc>, event: &ProjectEvent) -> Option<Self> {
        let Some(mut project) = state else { return Self::created(id, sequence, at, event) };
        match event {
            ProjectEvent::ProjectCreated(_) => {}
            ProjectEvent::ProjectReady(_) => {
                project.status = Status::Ready;
                project.settled_at = Some(at);
            }
            ProjectEvent::ProjectFailed(failed) => {
                project.status = Status::Failed { step: failed.step.clone(), reason: failed.reason.clone() };
                project.settled_at = Some(at);
            }
            ProjectEvent::NumberConnected(connected) => project.number = Some(Number::of(connected)),
            ProjectEvent::NumberDisconnected(_) => project.number = None,
            // The claim is an entity of its own, on the number's subject.
            ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::ProjectErased(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStarted(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationRetried(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberOffered(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_) => {}
            ProjectEvent::ProjectUpdated(updated) => {
                project.name.clone_from(&updated.name);
                project.conversation_idle_seconds = updated.conversation_idle_seconds;
            }
        }
        project.updated_at = at;
        project.version = sequence;
        Some(project)
    }

    fn created(id: ProjectId, sequence: u64, at: DateTime<Utc>, event: &ProjectEvent) -> Option<Self> {
        match event {
            ProjectEvent::ProjectCreated(created) => Some(Self {
                id,
                name: created.name.clone(),
                conversation_idle_seconds: created.conversation_idle_seconds,
                status: Status::Provisioning,
                number: None,
                created_at: at,
                updated_at: at,
                settled_at: None,
                created_sequence: sequence,
                version: sequence,
            }),
            ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::ProjectErased(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStarted(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationRetried(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberOffered(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_) => None,
        }
    }
}
