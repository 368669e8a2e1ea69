//! A message, however it came to be known: received, typed in the business app, or imported from the history.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ConversationId, MessageId, RawJson};

/// Who wrote to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The contact to the business.
    Inbound,
    /// The business to the contact.
    Outbound,
}

impl Direction {
    /// As written in events and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// What is common to all messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Ours.
    pub message: MessageId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// Meta's: unique within a project, for ever.
    pub wamid: String,
    /// Meta's time stamp, in whole seconds; the time of receipt where Meta gave none.
    pub sent_at: DateTime<Utc>,
    /// Meta's type: `text`, `image`, … also ones that nobody has seen yet. `call`: the contact called, which opens Meta's window as a message does.
    pub kind: String,
    /// What a person would read in a list: the body, caption, title or emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The wamid that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The wamid that it changes: of a reaction, an edit or a revocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The group in which it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The message object as Meta sent it.
    pub raw: RawJson,
}

/// The contact wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageReceived(pub Message);

/// A person wrote from the WhatsApp Business app, beside us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageEchoed(pub Message);

/// Meta handed over a message from before the number was connected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageImported {
    /// Who wrote to whom.
    pub direction: Direction,
    /// The last status that Meta knew, lower case, of an outbound message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The message.
    pub message: Message,
}
