//! What other services need to know of a project.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{ProjectId, UnknownOutcome, WorkspaceId};

/// One project, as the log says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Who owns it.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub life: Life,
    /// It is not entitled: the bot answers nothing and nothing is sent. What people write is still recorded.
    pub suspended: bool,
    /// After how long without a message a conversation ends; none: never.
    pub conversation_idle: Option<TimeDelta>,
    /// What becomes of a message of which nobody knows whether Meta took it.
    pub unknown_outcome: UnknownOutcome,
    /// The number that is connected.
    pub number: Option<Number>,
    /// The sequence of the last event of its subject.
    pub sequence: u64,
}

/// How far a project is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// What it needs is being made.
    Provisioning,
    /// It can be used.
    Ready,
    /// Making it was given up; it may be tried again.
    Failed,
    /// It is being deleted, which nothing takes back: nothing may be written or sent for it any more. One that is erased is not known.
    Leaving,
}

/// A number that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Meta's id of it.
    pub phone_number_id: String,
    /// Meta's id of its WhatsApp Business Account.
    pub waba_id: Option<String>,
    /// As Meta displays it.
    pub display: Option<String>,
    /// Whether it is in use in the WhatsApp Business app too: Meta lets it send less then.
    pub coexistence: bool,
    /// The business token, sealed under the project's data key. None: the number was only claimed, and cannot send.
    pub sealed_token: Option<String>,
    /// From when on what people write is written to it, where the project had another number before. None: it had no other.
    pub since: Option<DateTime<Utc>>,
}
