//! What happened with one contact of a project: what was said, what became of it. The facts about who it is are in `contact`, those about what
//! is sent to it in `sending`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::contact::{
    ContactAbsorbed, ContactFirstSeen, ContactIdentityLinked, ContactIdentityReplaced, ContactIdentityUnlinked, ContactMerged,
    ContactPreferenceChanged, ContactProfileChanged,
};
use crate::event::events;
use crate::sending::{
    MessageAbandoned, MessageAccepted, MessageFailed, MessageRequested, ReadRequested, ReadSettled, SendDeferred, SendOutcomeUnknown,
    SendStarted,
};
use crate::{ConversationId, FlowId, Message, MessageEchoed, MessageId, MessageImported, MessageReceived, RawJson};

events! {
    /// What recorder and conversations say, on `conversation.<prj>.<con>`.
    ConversationEvent {
        ContactFirstSeen = "conversation.contact_first_seen.v1",
        ContactIdentityLinked = "conversation.contact_identity_linked.v1",
        ContactIdentityReplaced = "conversation.contact_identity_replaced.v1",
        ContactIdentityUnlinked = "conversation.contact_identity_unlinked.v1",
        ContactProfileChanged = "conversation.contact_profile_changed.v1",
        ContactPreferenceChanged = "conversation.contact_preference_changed.v1",
        ContactMerged = "conversation.contact_merged.v1",
        ContactAbsorbed = "conversation.contact_absorbed.v1",
        ConversationOpened = "conversation.conversation_opened.v1",
        ConversationClosed = "conversation.conversation_closed.v1",
        ConversationStateChanged = "conversation.conversation_state_changed.v1",
        MessageReceived = "conversation.message_received.v1",
        MessageEchoed = "conversation.message_echoed.v1",
        MessageImported = "conversation.message_imported.v1",
        MessageStatusReported = "conversation.message_status_reported.v1",
        UnassignedItemReceived = "conversation.unassigned_item_received.v1",
        ConversationReopened = "conversation.conversation_reopened.v1",
        FlowSubmitted = "conversation.flow_submitted.v1",
        MessageRequested = "conversation.message_requested.v1",
        SendStarted = "conversation.send_started.v1",
        SendDeferred = "conversation.send_deferred.v1",
        SendOutcomeUnknown = "conversation.send_outcome_unknown.v1",
        MessageAccepted = "conversation.message_accepted.v1",
        MessageFailed = "conversation.message_failed.v1",
        MessageAbandoned = "conversation.message_abandoned.v1",
        ReadRequested = "conversation.read_requested.v1",
        ReadSettled = "conversation.read_settled.v1",
    }
}

impl ConversationEvent {
    /// The message that the event adds with the id that Meta gave it. What is asked for has none yet: see `MessageRequested`.
    pub fn said(&self) -> Option<&Message> {
        match self {
            Self::MessageReceived(received) => Some(&received.0),
            Self::MessageEchoed(echoed) => Some(&echoed.0),
            Self::MessageImported(imported) => Some(&imported.message),
            Self::ContactFirstSeen(_)
            | Self::ContactIdentityLinked(_)
            | Self::ContactIdentityReplaced(_)
            | Self::ContactIdentityUnlinked(_)
            | Self::ContactProfileChanged(_)
            | Self::ContactPreferenceChanged(_)
            | Self::ContactMerged(_)
            | Self::ContactAbsorbed(_)
            | Self::ConversationOpened(_)
            | Self::ConversationClosed(_)
            | Self::ConversationStateChanged(_)
            | Self::MessageStatusReported(_)
            | Self::UnassignedItemReceived(_)
            | Self::ConversationReopened(_)
            | Self::FlowSubmitted(_)
            | Self::MessageRequested(_)
            | Self::SendStarted(_)
            | Self::SendDeferred(_)
            | Self::SendOutcomeUnknown(_)
            | Self::MessageAccepted(_)
            | Self::MessageFailed(_)
            | Self::MessageAbandoned(_)
            | Self::ReadRequested(_)
            | Self::ReadSettled(_) => None,
        }
    }
}

/// Messages from now on belong to this conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationOpened {
    /// Its id.
    pub conversation: ConversationId,
    /// The group in which it takes place; absent: one to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The state it starts in: the one in which the previous conversation ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The conversation that the state comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<ConversationId>,
    /// The time of its first message.
    pub at: DateTime<Utc>,
}

/// Why a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// No message for as long as the project's setting says.
    Idle,
    /// Someone closed it.
    Request,
}

/// The conversation ended; the next message opens another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationClosed {
    /// Which.
    pub conversation: ConversationId,
    /// Why.
    pub reason: CloseReason,
    /// When: for an idle one, the moment at which the time was up.
    pub at: DateTime<Utc>,
}

/// Bot or operator moved the conversation to another state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationStateChanged {
    /// Which.
    pub conversation: ConversationId,
    /// The state until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The state from now on: free text.
    pub to: String,
    /// Counts the changes of this conversation, from 1: the token of compare-and-set.
    pub version: u32,
    /// Who did it.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Meta reported what became of an outbound message. Any order, also before the message is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageStatusReported {
    /// The message.
    pub wamid: String,
    /// `sent`, `delivered`, `read`, `played`, `failed`; others may come.
    pub status: String,
    /// Of a group message: whose status it is, a BSUID or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// When, by Meta's time stamp.
    pub at: DateTime<Utc>,
    /// The first error's code, of a failed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i64>,
    /// The status object as Meta sent it.
    pub raw: RawJson,
}

/// Something reached the project's number that names no contact: kept as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnassignedItemReceived {
    /// The key under which it came: `errors`, `user_actions`, `messages` …
    pub key: String,
    /// The item as Meta sent it.
    pub raw: RawJson,
}

/// A conversation that was closed goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationReopened {
    /// Which.
    pub conversation: ConversationId,
    /// Who did it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The contact filled in a Flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowSubmitted {
    /// Our id of the message that brought it.
    pub message: MessageId,
    /// The conversation that it belongs to.
    pub conversation: ConversationId,
    /// Our id of the Flow; absent where the token is not one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
    /// Which revision of it was sent; [`UNKNOWN_REVISION`](crate::UNKNOWN_REVISION): none that was known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// Our id of the message that offered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<MessageId>,
    /// The token as it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_token: Option<String>,
    /// What was filled in: the JSON inside `response_json`, or its text where it is none.
    pub response: RawJson,
    /// When, by Meta's time stamp.
    pub at: DateTime<Utc>,
}
