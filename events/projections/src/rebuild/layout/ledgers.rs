//! Statuses, changes of state, submissions, and what names nobody.

use contract::{ContactId, ConversationId, EventId, FlowId, MessageId};

use super::{Layout, StoredRow, id, table};
use crate::held::Rows;
use crate::rebuild::tuple::{Tuple, Writer};
use crate::rows::{StateChange, Status, StatusKey, Submission, SubmissionKey, Unassigned};
use crate::table::Table;

impl StoredRow for Status {
    table!(statuses: StatusKey);
    const LAYOUT: Layout = Layout {
        name: "paige.statuses",
        columns: &[
            ("wamid", "text"),
            ("status", "text"),
            ("participant", "text"),
            ("contact_id", "text"),
            ("at", "timestamptz"),
            ("error_code", "bigint"),
            ("content", "json"),
            ("sequence", "bigint"),
        ],
        key: &[0, 1, 2, 3],
        unique: &[],
        contact: Some(3),
    };

    fn key(stored: Tuple<'_>) -> Option<StatusKey> {
        Some((stored.text(0)?.into(), stored.text(1)?.to_owned(), stored.text(2)?.to_owned(), stored.text(3)?.parse().ok()?))
    }

    fn write(&self, _: &StatusKey, out: &mut Vec<u8>) {
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        row.text(&self.wamid).text(&self.status).text(&self.participant);
        id!(row, ContactId, self.contact_id);
        row.instant(self.at).optional_bigint(self.error_code);
        row.optional_text(self.content.as_ref().map(|content| content.get())).unsigned(self.sequence);
    }

    fn order(&self, _: &StatusKey) -> (Option<ContactId>, u64) {
        (Some(self.contact_id), self.sequence)
    }
}

impl StoredRow for StateChange {
    table!(state_changes: (ConversationId, u32));
    const LAYOUT: Layout = Layout {
        name: "paige.state_changes",
        columns: &[
            ("conversation_id", "text"),
            ("version", "integer"),
            ("contact_id", "text"),
            ("from_state", "text"),
            ("to_state", "text"),
            ("changed_by", "text"),
            ("why", "text"),
            ("at", "timestamptz"),
            ("sequence", "bigint"),
        ],
        key: &[0, 1],
        unique: &[],
        contact: Some(2),
    };

    fn key(stored: Tuple<'_>) -> Option<(ConversationId, u32)> {
        Some((stored.text(0)?.parse().ok()?, stored.integer(1)?))
    }

    fn write(&self, _: &(ConversationId, u32), out: &mut Vec<u8>) {
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        id!(row, ConversationId, self.conversation_id);
        row.integer(self.version);
        id!(row, ContactId, self.contact_id);
        row.optional_text(self.from_state.as_deref()).text(&self.to_state).text(&self.changed_by).optional_text(self.why.as_deref());
        row.instant(self.at).unsigned(self.sequence);
    }

    fn order(&self, _: &(ConversationId, u32)) -> (Option<ContactId>, u64) {
        (Some(self.contact_id), self.sequence)
    }
}

impl StoredRow for Submission {
    table!(submissions: SubmissionKey);
    const LAYOUT: Layout = Layout {
        name: "paige.submissions",
        columns: &[
            ("message_id", "text"),
            ("contact_id", "text"),
            ("conversation_id", "text"),
            ("flow_id", "text"),
            ("revision", "bigint"),
            ("request_id", "text"),
            ("flow_token", "text"),
            ("response", "json"),
            ("at", "timestamptz"),
            ("sequence", "bigint"),
        ],
        key: &[0, 1],
        unique: &[],
        contact: Some(1),
    };

    fn key(stored: Tuple<'_>) -> Option<SubmissionKey> {
        Some((stored.text(0)?.parse().ok()?, stored.text(1)?.parse().ok()?))
    }

    fn write(&self, _: &SubmissionKey, out: &mut Vec<u8>) {
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        id!(row, MessageId, self.message_id);
        id!(row, ContactId, self.contact_id);
        id!(row, ConversationId, self.conversation_id);
        id!(row, FlowId, optional self.flow_id);
        row.optional_bigint(self.revision.map(i64::from));
        id!(row, MessageId, optional self.request_id);
        row.optional_text(self.flow_token.as_deref()).text(self.response.get()).instant(self.at).unsigned(self.sequence);
    }

    fn order(&self, _: &SubmissionKey) -> (Option<ContactId>, u64) {
        (Some(self.contact_id), self.sequence)
    }
}

impl StoredRow for Unassigned {
    table!(unassigned: EventId);
    const LAYOUT: Layout = Layout {
        name: "paige.unassigned",
        columns: &[("id", "text"), ("sequence", "bigint"), ("key", "text"), ("at", "timestamptz"), ("content", "json")],
        key: &[0],
        unique: &[],
        contact: None,
    };

    fn key(stored: Tuple<'_>) -> Option<EventId> {
        stored.text(0)?.parse().ok()
    }

    fn write(&self, _: &EventId, out: &mut Vec<u8>) {
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        id!(row, EventId, self.id);
        row.unsigned(self.sequence).text(&self.key).instant(self.at).text(self.content.get());
    }

    fn order(&self, _: &EventId) -> (Option<ContactId>, u64) {
        (None, self.sequence)
    }
}
