//! The rows of the system tables, as the fold makes them. Column by column the same as `migrations/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{ContactId, ConversationId, EventId, FlowId, IdentityKind, MessageId, RawJson};
use serde::{Deserialize, Serialize};

/// `public.contacts`
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    pub id: ContactId,
    pub phone: Option<String>,
    pub wa_id: Option<String>,
    pub bsuid: Option<String>,
    pub parent_bsuid: Option<String>,
    pub name: Option<String>,
    pub username: Option<String>,
    pub preferences: BTreeMap<String, Preference>,
    pub merged_into: Option<ContactId>,
    pub first_seen_at: DateTime<Utc>,
    pub last_message_at: Option<DateTime<Utc>>,
    pub last_inbound_at: Option<DateTime<Utc>>,
    pub profile_at: DateTime<Utc>,
    pub version: u64,
}

/// What a contact said last about a category of messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    pub value: String,
    pub at: DateTime<Utc>,
}

/// `public.conversations`
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    pub id: ConversationId,
    pub contact_id: ContactId,
    pub group_id: Option<String>,
    pub state: Option<String>,
    pub state_version: u32,
    pub inherited_from: Option<ConversationId>,
    pub opened_at: DateTime<Utc>,
    pub reopened_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub close_reason: Option<String>,
    pub last_message_at: Option<DateTime<Utc>>,
    pub last_inbound_at: Option<DateTime<Utc>>,
    pub message_count: u64,
    pub version: u64,
}

/// `public.messages`: what was said never changes, what became of it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Meta's id; ours until Meta has given one.
    pub wamid: Arc<str>,
    /// Our id, if it was asked for: what is said about it under that name counts too.
    pub asked_as: Option<Arc<str>>,
    pub contact_id: ContactId,
    pub direction: String,
    pub kind: String,
    pub text: Option<String>,
    pub target_wamid: Option<Arc<str>>,
    pub sent_at: DateTime<Utc>,
    pub rest: MessageRest,
    pub summary: Summary,
}

/// The columns that no other row's summary depends on. The live driver leaves them in the database.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageRest {
    /// In the database already.
    Stored,
    /// The same, but there it has another name.
    Renamed {
        /// The one that is there.
        from: Arc<str>,
    },
    /// Here, to be written.
    New(Box<NewMessage>),
}

/// See [`MessageRest::New`].
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub origin: &'static str,
    /// Who asked for it; of a message that was not sent by us nobody did.
    pub sent_by: Option<String>,
    pub reply_to_wamid: Option<String>,
    pub group_id: Option<String>,
    pub recorded_at: DateTime<Utc>,
    pub content: RawJson,
    pub sequence: u64,
}

/// What became of a message: a pure function of its effects, see `summary`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub status: Option<String>,
    pub status_at: Option<DateTime<Utc>>,
    pub error_code: Option<i64>,
    pub edited_at: Option<DateTime<Utc>>,
    pub edited_text: Option<String>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub contact_reaction: Option<String>,
    pub business_reaction: Option<String>,
}

/// Key of `paige.identities`.
pub type IdentityKey = (IdentityKind, String, ContactId);

/// `paige.identities` without its key.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityLink {
    pub current: bool,
    pub linked_at: DateTime<Utc>,
    pub sequence: u64,
}

/// Key of `paige.statuses`: wamid, status, participant, contact.
pub type StatusKey = (Arc<str>, String, String, ContactId);

impl Status {
    /// Its key.
    pub fn key(&self) -> StatusKey {
        (self.wamid.clone(), self.status.clone(), self.participant.clone(), self.contact_id)
    }
}

/// `paige.statuses`
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub wamid: Arc<str>,
    pub status: String,
    pub participant: String,
    pub contact_id: ContactId,
    pub at: DateTime<Utc>,
    pub error_code: Option<i64>,
    pub content: Option<RawJson>,
    pub sequence: u64,
}

/// `paige.state_changes`
#[derive(Debug, Clone, PartialEq)]
pub struct StateChange {
    pub conversation_id: ConversationId,
    pub version: u32,
    pub contact_id: ContactId,
    pub from_state: Option<String>,
    pub to_state: String,
    pub changed_by: String,
    pub why: Option<String>,
    pub at: DateTime<Utc>,
    pub sequence: u64,
}

/// Key of `paige.submissions`.
pub type SubmissionKey = (MessageId, ContactId);

/// `paige.submissions`
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub message_id: MessageId,
    pub contact_id: ContactId,
    pub conversation_id: ConversationId,
    pub flow_id: Option<FlowId>,
    pub revision: Option<u32>,
    pub request_id: Option<MessageId>,
    pub flow_token: Option<String>,
    pub response: RawJson,
    pub at: DateTime<Utc>,
    pub sequence: u64,
}

/// `paige.unassigned`
#[derive(Debug, Clone, PartialEq)]
pub struct Unassigned {
    pub id: EventId,
    pub sequence: u64,
    pub key: String,
    pub at: DateTime<Utc>,
    pub content: RawJson,
}
