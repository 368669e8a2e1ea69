//! An offer of a project from a personal account to a team's workspace, as the events of the project leave it.
//!
//! The owner changes with one event or not at all; what the project owes and has stays with it.

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod decline;
pub(crate) mod list;
pub(crate) mod receiver;
pub(crate) mod request;
pub(crate) mod withdraw;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{TransferId, TransferOutcome, WorkspaceId};
use serde::{Deserialize, Serialize};

/// How long an offer stands.
pub(crate) const OFFER_TIME_MAX: TimeDelta = TimeDelta::days(7);

/// The last offer of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// Who owned the project when it was made.
    pub from: WorkspaceId,
    /// Who is to own it.
    pub to: WorkspaceId,
    /// When it was made.
    pub requested_at: DateTime<Utc>,
    /// First instant at which it can no longer be accepted.
    pub expires_at: DateTime<Utc>,
    /// How it stands.
    pub state: TransferState,
}

/// How an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TransferState {
    /// Nobody has answered.
    Pending,
    /// The owner has changed.
    Accepted,
    /// The owner has not changed.
    Ended(TransferOutcome),
}

impl TransferState {
    /// As written in answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Ended(TransferOutcome::Declined) => "declined",
            Self::Ended(TransferOutcome::Expired) => "expired",
            Self::Ended(TransferOutcome::Withdrawn) => "withdrawn",
        }
    }
}
