//! Conversations and messages.

use std::sync::Arc;

use contract::{ContactId, ConversationId, MessageId};

use super::{Layout, StoredRow, id, table};
use crate::held::Rows;
use crate::rebuild::tuple::{Tuple, Writer};
use crate::rows::{Conversation, Message, MessageRest, Summary};
use crate::table::Table;

impl StoredRow for Conversation {
    table!(conversations: ConversationId);
    const LAYOUT: Layout = Layout {
        name: "public.conversations",
        columns: &[
            ("id", "text"),
            ("contact_id", "text"),
            ("group_id", "text"),
            ("state", "text"),
            ("state_version", "integer"),
            ("inherited_from", "text"),
            ("opened_at", "timestamptz"),
            ("reopened_at", "timestamptz"),
            ("closed_at", "timestamptz"),
            ("close_reason", "text"),
            ("last_message_at", "timestamptz"),
            ("last_inbound_at", "timestamptz"),
            ("message_count", "bigint"),
            ("version", "bigint"),
        ],
        key: &[0],
        unique: &[],
        contact: Some(1),
    };

    fn key(stored: Tuple<'_>) -> Option<ConversationId> {
        stored.text(0)?.parse().ok()
    }

    fn write(&self, _: &ConversationId, out: &mut Vec<u8>) {
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        id!(row, ConversationId, self.id);
        id!(row, ContactId, self.contact_id);
        row.optional_text(self.group_id.as_deref()).optional_text(self.state.as_deref()).integer(self.state_version);
        id!(row, ConversationId, optional self.inherited_from);
        row.instant(self.opened_at)
            .optional_instant(self.reopened_at)
            .optional_instant(self.closed_at)
            .optional_text(self.close_reason.as_deref());
        row.optional_instant(self.last_message_at).optional_instant(self.last_inbound_at);
        row.unsigned(self.message_count).unsigned(self.version);
    }

    fn order(&self, _: &ConversationId) -> (Option<ContactId>, u64) {
        (Some(self.contact_id), self.version)
    }
}

impl StoredRow for Message {
    table!(messages: Arc<str>);
    const LAYOUT: Layout = Layout {
        name: "public.messages",
        columns: &[
            ("wamid", "text"),
            ("id", "text"),
            ("contact_id", "text"),
            ("conversation_id", "text"),
            ("direction", "text"),
            ("origin", "text"),
            ("sent_by", "text"),
            ("type", "text"),
            ("text", "text"),
            ("reply_to_wamid", "text"),
            ("target_wamid", "text"),
            ("group_id", "text"),
            ("sent_at", "timestamptz"),
            ("recorded_at", "timestamptz"),
            ("content", "json"),
            ("status", "text"),
            ("status_at", "timestamptz"),
            ("error_code", "bigint"),
            ("edited_at", "timestamptz"),
            ("edited_text", "text"),
            ("revoked_at", "timestamptz"),
            ("contact_reaction", "text"),
            ("business_reaction", "text"),
            ("sequence", "bigint"),
        ],
        key: &[0],
        unique: &[1],
        contact: Some(2),
    };

    fn key(stored: Tuple<'_>) -> Option<Arc<str>> {
        Some(stored.text(0)?.into())
    }

    fn present(&self) -> bool {
        matches!(self.rest, MessageRest::New(_))
    }

    fn write(&self, _: &Arc<str>, out: &mut Vec<u8>) {
        let MessageRest::New(said) = &self.rest else { return };
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        row.text(&self.wamid);
        id!(row, MessageId, said.id);
        id!(row, ContactId, self.contact_id);
        id!(row, ConversationId, said.conversation_id);
        row.text(&self.direction).text(said.origin).optional_text(said.sent_by.as_deref());
        row.text(&self.kind).optional_text(self.text.as_deref());
        row.optional_text(said.reply_to_wamid.as_deref()).optional_text(self.target_wamid.as_deref());
        row.optional_text(said.group_id.as_deref()).instant(self.sent_at).instant(said.recorded_at).text(said.content.get());
        let Summary { status, status_at, error_code, edited_at, edited_text, revoked_at, contact_reaction, business_reaction } =
            &self.summary;
        row.optional_text(status.as_deref()).optional_instant(*status_at).optional_bigint(*error_code);
        row.optional_instant(*edited_at).optional_text(edited_text.as_deref()).optional_instant(*revoked_at);
        row.optional_text(contact_reaction.as_deref()).optional_text(business_reaction.as_deref()).unsigned(said.sequence);
    }

    fn order(&self, _: &Arc<str>) -> (Option<ContactId>, u64) {
        let sequence = match &self.rest {
            MessageRest::New(said) => said.sequence,
            MessageRest::Stored | MessageRest::Renamed { .. } => 0,
        };
        (Some(self.contact_id), sequence)
    }
}
