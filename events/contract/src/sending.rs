//! A message on its way out: asked for, tried, taken by Meta or not. All of it on the subject of its contact.
//!
//! Between [`SendStarted`] and an outcome nobody but Meta knows whether the message was taken; that this is written down before Meta is
//! asked is what keeps a crash from doubling it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ConversationId, FlowId, MediaId, MessageId, RawJson, TemplateId};

/// To whom a message is addressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// The number as Meta writes it: digits, no plus.
    WaId(String),
    /// Meta's business-scoped user id.
    UserId(String),
}

/// A template that a message uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateUse {
    /// The template's name.
    pub name: String,
    /// Its language, as `en_US`.
    pub language: String,
    /// Our id of the template, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateId>,
}

/// A Flow that a message opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowUse {
    /// Our id of the Flow.
    pub flow: FlowId,
    /// Which revision of it is sent; [`UNKNOWN_REVISION`](crate::UNKNOWN_REVISION): none that is known here.
    pub revision: u32,
    /// Meta's id of the Flow.
    pub flow_id: String,
}

/// A file of ours that a message brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileUse {
    /// Our id of the file; stands in the content where Meta's id will.
    pub media: MediaId,
    /// As HTTP names it.
    pub mime_type: String,
    /// How large it is.
    pub size_bytes: u64,
    /// What it was called by whoever uploaded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Somebody wants a message sent to the contact. Accepted by us, not yet by Meta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageRequested {
    /// Our id of the message. It follows from project, contact and idempotency key.
    pub message: MessageId,
    /// The conversation that it belongs to.
    pub conversation: ConversationId,
    /// Meta's message type: `text`, `interactive`, `template` …
    pub kind: String,
    /// What a person would read in a list: the body, caption, title or emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The wamid that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The wamid that it changes: of a reaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// To whom it is addressed.
    pub to: Address,
    /// The template that it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateUse>,
    /// The Flow that it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowUse>,
    /// The files of ours that it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileUse>,
    /// SHA-256 of the request, hexadecimal: the same key with another request is a mistake.
    pub digest: String,
    /// The message in Meta's shape, without recipient and callback data.
    pub content: RawJson,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// When it is no longer worth sending.
    pub expires_at: DateTime<Utc>,
}

/// Meta is about to be asked: whoever reads this without an outcome does not know whether it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendStarted {
    /// The message.
    pub message: MessageId,
    /// Counts the attempts, from 1.
    pub attempt: u32,
    /// Meta's id of the number that sends.
    pub phone_number_id: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Meta did not take the message, which is proved; it is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendDeferred {
    /// The message.
    pub message: MessageId,
    /// Which attempt.
    pub attempt: u32,
    /// Meta's code, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_code: Option<i64>,
    /// Why, for people.
    pub reason: String,
    /// Not before.
    pub retry_at: DateTime<Utc>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Meta was asked and did not answer: the message may be on its way or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendOutcomeUnknown {
    /// The message.
    pub message: MessageId,
    /// Which attempt.
    pub attempt: u32,
    /// What happened, for people.
    pub reason: String,
    /// Until when a status of it is waited for.
    pub settle_by: DateTime<Utc>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Meta has the message, and gave it its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageAccepted {
    /// The message.
    pub message: MessageId,
    /// Meta's id: unique within a project, for ever.
    pub wamid: String,
    /// Which attempt.
    pub attempt: u32,
    /// Meta's word where it holds the message back for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_as: Option<String>,
    /// Whether a status told of it, because the answer was lost.
    pub settled_by_status: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// The message was not sent and will not be: Meta refused it, or it never came to that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageFailed {
    /// The message.
    pub message: MessageId,
    /// Stable name of the cause: [`crate::SendFailure`] has those that are said today.
    pub code: String,
    /// Meta's code, if Meta refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_code: Option<i64>,
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Nobody knows whether Meta took the message, no status told of it in time, and it is not sent again. A later status still counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageAbandoned {
    /// The message.
    pub message: MessageId,
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Somebody wants the contact to see that a message of theirs was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadRequested {
    /// Our id of the message of the contact.
    pub message: MessageId,
    /// Meta's id of it.
    pub wamid: String,
    /// Whether the contact also sees that an answer is being written.
    pub typing: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadSettled {
    /// Our id of the message of the contact.
    pub message: MessageId,
    /// Whether Meta shows it.
    pub shown: bool,
    /// Why not, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}
