//! A project's life and its owner. The facts about its number are in `number`, those about its operations in `operation`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::number::{
    BusinessProfileChanged, DisplayNameDecided, DisplayNameRequested, NumberClaimed, NumberConnected, NumberDescribed, NumberDisconnected,
    NumberOffered, NumberReleased,
};
use crate::operation::{OperationCompleted, OperationFailed, OperationRetried, OperationStarted, OperationStepCompleted};
use crate::{OperationId, TransferId, WorkspaceId};

events! {
    /// What lifecycle says, on `project.<prj>`; the claim of a number on `project.number.<phone_number_id>`, the key of a project's
    /// secrets on `project.key.<prj>`.
    ProjectEvent {
        ProjectCreated = "project.project_created.v2",
        ProjectReady = "project.project_ready.v1",
        ProjectFailed = "project.project_failed.v1",
        ProjectUpdated = "project.project_updated.v1",
        ProjectSuspended = "project.project_suspended.v1",
        ProjectRestored = "project.project_restored.v1",
        ProjectTransferred = "project.project_transferred.v1",
        ProjectErased = "project.project_erased.v2",
        TransferRequested = "project.transfer_requested.v1",
        TransferEnded = "project.transfer_ended.v1",
        OperationStarted = "project.operation_started.v1",
        OperationStepCompleted = "project.operation_step_completed.v2",
        OperationFailed = "project.operation_failed.v1",
        OperationRetried = "project.operation_retried.v1",
        OperationCompleted = "project.operation_completed.v1",
        NumberOffered = "project.number_offered.v1",
        NumberConnected = "project.number_connected.v1",
        NumberDescribed = "project.number_described.v1",
        NumberDisconnected = "project.number_disconnected.v1",
        NumberClaimed = "project.number_claimed.v1",
        NumberReleased = "project.number_released.v1",
        BusinessProfileChanged = "project.business_profile_changed.v1",
        DisplayNameRequested = "project.display_name_requested.v1",
        DisplayNameDecided = "project.display_name_decided.v1",
        DataKeyCreated = "project.data_key_created.v1",
        SendingPolicySet = "project.sending_policy_set.v1",
    }
}

/// Someone asked for a project; provisioning starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectCreated {
    /// 1 to 100 characters.
    pub name: String,
    /// After how many seconds without a message a conversation ends; absent: never.
    pub conversation_idle_seconds: Option<u32>,
    /// Who owns it.
    pub workspace: WorkspaceId,
}

/// Everything that the project needs exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectReady {}

/// Provisioning was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectFailed {
    /// The step that failed.
    pub step: String,
    /// Why, for the owner to read.
    pub reason: String,
}

/// Its name or a setting changed. Holds all of them as they are from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectUpdated {
    /// 1 to 100 characters.
    pub name: String,
    /// After how many seconds without a message a conversation ends; absent: never.
    pub conversation_idle_seconds: Option<u32>,
}

/// Billing ended the project's entitlement: the bot answers nothing and nothing is sent, while what people write is still recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectSuspended {
    /// From when on, to the instant; may be earlier than the event was written.
    pub at: DateTime<Utc>,
    /// Where stream `billing` says so: what it said before that is of no meaning any more.
    pub billing_sequence: u64,
}

/// The project is entitled again, exactly as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRestored {
    /// From when on.
    pub at: DateTime<Utc>,
    /// Where stream `billing` says so: what it said before that is of no meaning any more.
    pub billing_sequence: u64,
}

/// The project belongs to another workspace from now on. Its billing stays with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectTransferred {
    /// The request that was accepted; or an id of its own, of a project that goes back because whoever accepted it is gone.
    pub transfer: TransferId,
    /// Who owned it.
    pub from: WorkspaceId,
    /// Who owns it.
    pub to: WorkspaceId,
}

/// Everything of the project is gone; this fact is what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectErased {
    /// The operation that deleted it.
    pub operation: OperationId,
    /// Stable name of why Meta did not take its number back; absent: nothing is known to be left there. Which number it was goes with the
    /// rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
}

/// The owner offers the project to another workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferRequested {
    /// The request.
    pub transfer: TransferId,
    /// To whom.
    pub to: WorkspaceId,
    /// When it can no longer be accepted.
    pub expires_at: DateTime<Utc>,
}

/// The offer is off the table; the owner has not changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferEnded {
    /// The request.
    pub transfer: TransferId,
    /// How it ended.
    pub outcome: TransferOutcome,
}

/// How an offer ended that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferOutcome {
    /// The other workspace said no.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// The owner took it back.
    Withdrawn,
}

/// What an event says of whose a project is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// This workspace's, from now on.
    Is(WorkspaceId),
    /// Nobody's any more.
    Nobodys,
}

impl ProjectEvent {
    /// Whose the project is by this event; `None` where it says nothing of that.
    pub fn whose(&self) -> Option<Whose> {
        match self {
            Self::ProjectCreated(created) => Some(Whose::Is(created.workspace)),
            Self::ProjectTransferred(transferred) => Some(Whose::Is(transferred.to)),
            Self::ProjectErased(_) => Some(Whose::Nobodys),
            Self::ProjectReady(_)
            | Self::ProjectFailed(_)
            | Self::ProjectUpdated(_)
            | Self::ProjectSuspended(_)
            | Self::ProjectRestored(_)
            | Self::TransferRequested(_)
            | Self::TransferEnded(_)
            | Self::OperationStarted(_)
            | Self::OperationStepCompleted(_)
            | Self::OperationFailed(_)
            | Self::OperationRetried(_)
            | Self::OperationCompleted(_)
            | Self::NumberOffered(_)
            | Self::NumberConnected(_)
            | Self::NumberDescribed(_)
            | Self::NumberDisconnected(_)
            | Self::NumberClaimed(_)
            | Self::NumberReleased(_)
            | Self::BusinessProfileChanged(_)
            | Self::DisplayNameRequested(_)
            | Self::DisplayNameDecided(_)
            | Self::DataKeyCreated(_)
            | Self::SendingPolicySet(_) => None,
        }
    }
}

/// On a subject of its own, so that destroying it destroys every secret of the project: the key under which they are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataKeyCreated {
    /// The key, wrapped by the platform's master key.
    pub wrapped: String,
}

/// What becomes of a message of which nobody knows whether Meta took it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownOutcome {
    /// It is not sent again: at most once.
    #[default]
    GiveUp,
    /// It is sent again, a few times: at least once.
    SendAgain,
}

/// How messages of the project are sent, where there is a choice. Holds all of it as it is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingPolicySet {
    /// What becomes of a message of which nobody knows whether Meta took it, when no status told of it in time.
    pub unknown_outcome: UnknownOutcome,
}
