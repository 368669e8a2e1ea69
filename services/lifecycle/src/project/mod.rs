//! A project as its events leave it. The same fold serves decisions, the follower and the rebuild at start.

pub(crate) mod answer;
pub(crate) mod create;
pub(crate) mod fold;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod provisioning;
pub(crate) mod settings;
pub(crate) mod show;
pub(crate) mod update;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{
    BusinessProfileChanged, NumberDescribed, NumberOffered, OperationId, OperationKind, ProjectId, UnknownOutcome, WorkspaceId,
};
use serde::{Deserialize, Serialize};

use crate::number::{DisplayName, Number};
use crate::operation::{Operation, Outcome, steps};
use crate::transfer::{Transfer, TransferState};

/// One project. Also the document that its row holds: a change of its form is a new [`crate::store::FORM`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What it was asked to be: what a request that is sent again is compared with.
    pub asked: Asked,
    /// Its name.
    pub name: String,
    /// After how many seconds without a message a conversation ends; none: never.
    pub conversation_idle_seconds: Option<u32>,
    /// What becomes of a message of which nobody knows whether Meta took it.
    #[serde(default)]
    pub unknown_outcome: UnknownOutcome,
    /// Who owns it.
    pub workspace: WorkspaceId,
    /// Whether everything that it needs exists.
    pub made: Made,
    /// The operation that runs, or ran last.
    pub operation: Operation,
    /// Operations that others came after since this state was read from the tables, which know them by then.
    #[serde(skip)]
    pub earlier: Vec<Operation>,
    /// Since when it is suspended.
    pub suspended_at: Option<DateTime<Utc>>,
    /// Where stream `billing` said last that it is or is not; what was said before is of no meaning any more.
    pub billing_sequence: u64,
    /// The last offer to another workspace.
    pub transfer: Option<Transfer>,
    /// The number that is connected.
    pub number: Option<Number>,
    /// What a signup at Meta brought last; kept while the number may have to be given back.
    pub offer: Option<NumberOffered>,
    /// What signups brought before and was not given back yet: other numbers, and one that was let go while Meta kept it.
    #[serde(default)]
    pub superseded: Vec<NumberOffered>,
    /// Which of their numbers were registered at Meta for this project, or may have been, and were not given back. Another may be in use
    /// elsewhere.
    #[serde(default)]
    pub registered: BTreeSet<String>,
    /// What Meta says about the connected number.
    pub description: Option<NumberDescribed>,
    /// The business profile of the connected number, once it was changed here.
    pub profile: Option<BusinessProfileChanged>,
    /// The display name that was asked for last, for the connected number.
    pub display_name: Option<DisplayName>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// The sequence of its first event.
    pub created_sequence: u64,
    /// The sequence of its last event: the version that callers see and the token of optimistic concurrency.
    pub version: u64,
}

/// What a project was asked to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Its name.
    pub name: String,
    /// See [`Project::conversation_idle_seconds`].
    pub conversation_idle_seconds: Option<u32>,
    /// Its owner.
    pub workspace: WorkspaceId,
}

/// Whether everything that a project needs exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Made {
    /// Not yet.
    NotYet,
    /// Yes.
    Ready,
    /// It was given up.
    Failed,
}

/// What callers see of all this in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// What it needs is being made.
    Provisioning,
    /// It can be used.
    Ready,
    /// Billing ended what it may do: it records, and does nothing else.
    Suspended,
    /// Making or deleting it was given up; it can be tried again.
    Failed,
    /// It is going, for ever.
    Deleting,
}

impl Status {
    /// As written in answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Suspended => "suspended",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }
}

impl Project {
    /// The operation that makes a project. It bears the project's own ULID: a project is created exactly once.
    pub(crate) fn making(id: ProjectId) -> OperationId {
        OperationId::from_ulid(id.ulid())
    }

    /// It is going, or going was given up on the way: nothing else can be done with it any more.
    pub(crate) fn leaving(&self) -> bool {
        self.operation.kind == OperationKind::DeleteProject
    }

    /// In one word.
    pub(crate) fn status(&self) -> Status {
        match (&self.operation.outcome, self.made) {
            (Outcome::Failed(_), _) if self.leaving() => Status::Failed,
            (Outcome::Running | Outcome::Succeeded { .. }, _) if self.leaving() => Status::Deleting,
            (_, Made::NotYet) => Status::Provisioning,
            (_, Made::Failed) => Status::Failed,
            (_, Made::Ready) if self.suspended_at.is_some() => Status::Suspended,
            (_, Made::Ready) => Status::Ready,
        }
    }

    /// The offer that nobody has answered yet.
    pub(crate) fn pending_transfer(&self) -> Option<&Transfer> {
        self.transfer.as_ref().filter(|transfer| transfer.state == TransferState::Pending)
    }

    /// What a signup brought of the connected number; nothing, if it was connected by its id. Another may have been offered since.
    pub(crate) fn offer_of_number(&self) -> Option<&NumberOffered> {
        self.offer_of(self.number.as_ref()?.id.as_str())
    }

    /// What a signup brought of a number, the last one before any earlier.
    pub(crate) fn offer_of(&self, number: &str) -> Option<&NumberOffered> {
        self.offer.iter().chain(&self.superseded).find(|offer| offer.phone_number_id == number)
    }

    /// Whether the number that a signup brought is the one that is connected.
    pub(crate) fn has_connected(&self, offer: &NumberOffered) -> bool {
        self.number.as_ref().is_some_and(|number| number.id.as_str() == offer.phone_number_id)
    }

    /// What the last signup offered. If that signup failed and nothing of it is left at Meta, this is `None`: that offer only waits to be
    /// tried again, and the offer of the connected number counts as the last.
    pub(crate) fn offer_held(&self) -> Option<&NumberOffered> {
        let offer = self.offer.as_ref()?;
        let operation = &self.operation;
        let clean = !operation.gives_back() && operation.left_by(steps::GIVE_BACK).is_none();
        if operation.failed_to_connect() && clean && !self.has_connected(offer) {
            return self.superseded.iter().find(|offer| self.has_connected(offer));
        }
        Some(offer)
    }

    /// The display name about which Meta has not decided.
    pub(crate) fn name_in_review(&self) -> Option<&DisplayName> {
        self.display_name.as_ref().filter(|name| name.approved.is_none() && self.number.is_some() && !self.leaving())
    }

    /// When something happens to it by itself, beside a name in review that is given up.
    pub(crate) fn due_at(&self) -> Option<DateTime<Utc>> {
        let operation = Some(self.operation.deadline).filter(|_| self.operation.running());
        let transfer = self.pending_transfer().map(|transfer| transfer.expires_at);
        operation.into_iter().chain(transfer).min()
    }

    /// Every operation that this state knows.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.earlier.iter().chain([&self.operation])
    }
}
