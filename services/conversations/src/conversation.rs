//! A conversation as callers see it.

use chrono::{DateTime, Utc};
use contract::{CloseReason, ConversationEvent};
use serde::Serialize;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::Error;
use crate::columns::Columns;
use crate::window::WindowAnswer;

/// The columns of an answer, of `conversation`; then what lists are ordered by.
macro_rules! conversation_columns {
    () => {
        "conversation.id, conversation.contact_id, conversation.group_id, conversation.state, conversation.state_version, conversation.inherited_from,
         conversation.opened_at, conversation.closed_at, conversation.close_reason, conversation.last_message_at, conversation.last_inbound_at,
         conversation.message_count, coalesce(conversation.last_message_at, conversation.opened_at) AS activity"
    };
}
pub(crate) use conversation_columns;

/// How many columns `conversation_columns!` has.
pub(crate) const CONVERSATION_COLUMNS: usize = 13;
/// How many columns a change of state has.
pub(crate) const CHANGE_COLUMNS: usize = 6;

/// A stretch of messages between one contact and the project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationAnswer<'r> {
    #[schema(example = "cnv_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: &'r str,
    #[schema(example = "con_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    contact: &'r str,
    /// The group in which it takes place; null: one to one.
    group_id: Option<&'r str>,
    /// Free text, set by bot or operator; null: none yet.
    state: Option<&'r str>,
    /// Counts the changes of state: the token of compare-and-set, and the ETag.
    #[schema(minimum = 0)]
    state_version: i32,
    /// The conversation whose last state this one began with.
    inherited_from: Option<&'r str>,
    opened_at: DateTime<Utc>,
    /// Null: it is open.
    closed_at: Option<DateTime<Utc>>,
    /// `idle` or `request`.
    close_reason: Option<&'r str>,
    last_message_at: Option<DateTime<Utc>>,
    last_inbound_at: Option<DateTime<Utc>>,
    #[schema(minimum = 0)]
    message_count: i64,
    /// Every change of its state, the latest first, at most 1,000. Only where one conversation is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state_changes: Option<Vec<StateChangeAnswer<'r>>>,
    /// Meta's customer service window, which is the contact's. Only where one conversation is shown that is in no group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<WindowAnswer>,
}

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationPage<'r> {
    /// The conversations.
    pub(crate) data: Vec<ConversationAnswer<'r>>,
    /// Where the next page begins; null: this is the last one.
    pub(crate) next_cursor: Option<String>,
}

/// The conversation went from one state to another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StateChangeAnswer<'r> {
    /// Counts from 1.
    #[schema(minimum = 1)]
    version: i32,
    from: Option<&'r str>,
    to: &'r str,
    /// Who did it.
    by: &'r str,
    why: Option<&'r str>,
    at: DateTime<Utc>,
}

impl<'r> ConversationAnswer<'r> {
    /// Reads `conversation_columns!`; gives its activity beside it.
    pub(crate) fn read(row: &'r PgRow) -> Result<(Self, DateTime<Utc>), Error> {
        let mut columns = Columns::of(row);
        let answer = Self {
            id: columns.take()?,
            contact: columns.take()?,
            group_id: columns.take()?,
            state: columns.take()?,
            state_version: columns.take()?,
            inherited_from: columns.take()?,
            opened_at: columns.take()?,
            closed_at: columns.take()?,
            close_reason: columns.take()?,
            last_message_at: columns.take()?,
            last_inbound_at: columns.take()?,
            message_count: columns.take()?,
            state_changes: None,
            window: None,
        };
        Ok((answer, columns.take()?))
    }

    pub(crate) fn id(&self) -> &'r str {
        self.id
    }

    pub(crate) fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    pub(crate) fn state(&self) -> Option<&'r str> {
        self.state
    }

    /// How often its state has changed.
    pub(crate) fn version(&self) -> u32 {
        u32::try_from(self.state_version).unwrap_or_default()
    }

    pub(crate) fn in_group(&self) -> bool {
        self.group_id.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }

    /// Takes what a change said, which the tables may not show yet.
    pub(crate) fn take(&mut self, fact: &'r ConversationEvent) {
        match fact {
            ConversationEvent::ConversationStateChanged(changed) => {
                self.state = Some(&changed.to);
                self.state_version = i32::try_from(changed.version).unwrap_or(i32::MAX);
            }
            ConversationEvent::ConversationClosed(closed) => {
                self.closed_at = Some(closed.at);
                self.close_reason = Some(match closed.reason {
                    CloseReason::Idle => "idle",
                    CloseReason::Request => "request",
                });
            }
            ConversationEvent::ConversationReopened(_) => (self.closed_at, self.close_reason) = (None, None),
            ConversationEvent::ContactFirstSeen(_)
            | ConversationEvent::ContactIdentityLinked(_)
            | ConversationEvent::ContactIdentityReplaced(_)
            | ConversationEvent::ContactIdentityUnlinked(_)
            | ConversationEvent::ContactProfileChanged(_)
            | ConversationEvent::ContactPreferenceChanged(_)
            | ConversationEvent::ContactMerged(_)
            | ConversationEvent::ContactAbsorbed(_)
            | ConversationEvent::ConversationOpened(_)
            | ConversationEvent::MessageReceived(_)
            | ConversationEvent::MessageEchoed(_)
            | ConversationEvent::MessageImported(_)
            | ConversationEvent::MessageStatusReported(_)
            | ConversationEvent::UnassignedItemReceived(_)
            | ConversationEvent::FlowSubmitted(_)
            | ConversationEvent::MessageRequested(_)
            | ConversationEvent::SendStarted(_)
            | ConversationEvent::SendDeferred(_)
            | ConversationEvent::SendOutcomeUnknown(_)
            | ConversationEvent::MessageAccepted(_)
            | ConversationEvent::MessageFailed(_)
            | ConversationEvent::MessageAbandoned(_)
            | ConversationEvent::ReadRequested(_)
            | ConversationEvent::ReadSettled(_) => {}
        }
    }
}

impl<'r> StateChangeAnswer<'r> {
    /// Reads the columns behind the conversation's; `None` where the join found no change.
    pub(crate) fn read_joined(row: &'r PgRow) -> Result<Option<Self>, Error> {
        let mut columns = Columns::from(row, CONVERSATION_COLUMNS);
        let Some(version) = columns.take()? else { return Ok(None) };
        Ok(Some(Self {
            version,
            from: columns.take()?,
            to: columns.take()?,
            by: columns.take()?,
            why: columns.take()?,
            at: columns.take()?,
        }))
    }
}
