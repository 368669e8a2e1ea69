//! The seven tables, column by column: how a row of the fold is written, and how a stored row is found again.
//!
//! Key columns come first, so that finding a row reads as little of it as possible.

use std::hash::Hash;

use contract::{ContactId, ConversationId, EventId, IdentityKind, MessageId};

use super::tuple::{Tuple, Writer};
use crate::rows::{
    Contact, Conversation, IdentityKey, IdentityLink, Message, MessageRest, StateChange, Status, StatusKey, Summary, Unassigned,
};
use crate::table::{Rows, Table};

/// A table as the database knows it.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    /// Name and type, in the order in which rows are read and written.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// By what a stored row is found in the fold.
    pub(crate) key: &'static [usize],
    /// Further columns that no two rows share.
    pub(crate) unique: &'static [usize],
    /// The column that names the contact; `None` for what names nobody.
    pub(crate) contact: Option<usize>,
}

impl Layout {
    /// `id, phone, …`
    pub(crate) fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn column(&self, index: usize) -> &'static str {
        self.columns.get(index).map_or("", |(name, _)| name)
    }
}

/// A row type that a table keeps.
pub(crate) trait Kept: Sized + Send + Sync {
    type Key: Eq + Hash + Clone + Send + Sync;
    const LAYOUT: Layout;
    fn table(rows: &Rows) -> &Table<Self::Key, Self>;
    fn table_mut(rows: &mut Rows) -> &mut Table<Self::Key, Self>;
    /// The row of the fold that a stored row claims to be; `None`: the fold makes no such row.
    fn key(stored: Tuple<'_>) -> Option<Self::Key>;
    /// Whether the fold says that there is such a row.
    fn present(&self) -> bool {
        true
    }
    /// Writes a row that is present.
    fn write(&self, key: &Self::Key, out: &mut Vec<u8>);
    /// The order in which new rows are written: what belongs together is near each other in table and indexes.
    fn order(&self, key: &Self::Key) -> (Option<ContactId>, u64);
}

macro_rules! table {
    ($field:ident: $key:ty) => {
        type Key = $key;

        fn table(rows: &Rows) -> &Table<Self::Key, Self> {
            &rows.$field
        }

        fn table_mut(rows: &mut Rows) -> &mut Table<Self::Key, Self> {
            &mut rows.$field
        }
    };
}

macro_rules! id {
    ($writer:expr, $kind:ty, $id:expr) => {
        $writer.id(<$kind>::PREFIX, &{
            let mut buffer = [0; 26];
            $id.ulid().array_to_str(&mut buffer);
            buffer
        })
    };
    ($writer:expr, $kind:ty, optional $id:expr) => {
        match $id {
            Some(id) => id!($writer, $kind, id),
            None => $writer.null(),
        }
    };
}

impl Kept for Contact {
    table!(contacts: ContactId);
    const LAYOUT: Layout = Layout {
        name: "public.contacts",
        columns: &[
            ("id", "text"),
            ("phone", "text"),
            ("wa_id", "text"),
            ("bsuid", "text"),
            ("parent_bsuid", "text"),
            ("name", "text"),
            ("username", "text"),
            ("preferences", "json"),
            ("merged_into", "text"),
            ("first_seen_at", "timestamptz"),
            ("last_message_at", "timestamptz"),
            ("last_inbound_at", "timestamptz"),
            ("profile_at", "timestamptz"),
            ("version", "bigint"),
        ],
        key: &[0],
        unique: &[],
        contact: Some(0),
    };

    fn key(stored: Tuple<'_>) -> Option<ContactId> {
        stored.text(0)?.parse().ok()
    }

    fn write(&self, _: &ContactId, out: &mut Vec<u8>) {
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        id!(row, ContactId, self.id);
        for text in [&self.phone, &self.wa_id, &self.bsuid, &self.parent_bsuid, &self.name, &self.username] {
            row.optional_text(text.as_deref());
        }
        if self.preferences.is_empty() {
            row.text("{}");
        } else {
            row.bytes(&serde_json::to_vec(&self.preferences).unwrap_or_default());
        }
        id!(row, ContactId, optional self.merged_into);
        row.instant(self.first_seen_at).optional_instant(self.last_message_at).optional_instant(self.last_inbound_at);
        row.instant(self.profile_at).unsigned(self.version);
    }

    fn order(&self, id: &ContactId) -> (Option<ContactId>, u64) {
        (Some(*id), 0)
    }
}

impl Kept for Conversation {
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
        row.instant(self.opened_at).optional_instant(self.closed_at).optional_text(self.close_reason.as_deref());
        row.optional_instant(self.last_message_at).optional_instant(self.last_inbound_at);
        row.unsigned(self.message_count).unsigned(self.version);
    }

    fn order(&self, _: &ConversationId) -> (Option<ContactId>, u64) {
        (Some(self.contact_id), self.version)
    }
}

impl Kept for Message {
    table!(messages: std::sync::Arc<str>);
    const LAYOUT: Layout = Layout {
        name: "public.messages",
        columns: &[
            ("wamid", "text"),
            ("id", "text"),
            ("contact_id", "text"),
            ("conversation_id", "text"),
            ("direction", "text"),
            ("origin", "text"),
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

    fn key(stored: Tuple<'_>) -> Option<std::sync::Arc<str>> {
        Some(stored.text(0)?.into())
    }

    fn present(&self) -> bool {
        matches!(self.rest, MessageRest::New(_))
    }

    fn write(&self, _: &std::sync::Arc<str>, out: &mut Vec<u8>) {
        let MessageRest::New(said) = &self.rest else { return };
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        row.text(&self.wamid);
        id!(row, MessageId, said.id);
        id!(row, ContactId, self.contact_id);
        id!(row, ConversationId, said.conversation_id);
        row.text(&self.direction).text(said.origin).text(&self.kind).optional_text(self.text.as_deref());
        row.optional_text(said.reply_to_wamid.as_deref()).optional_text(self.target_wamid.as_deref());
        row.optional_text(said.group_id.as_deref()).instant(self.sent_at).instant(said.recorded_at).text(said.content.get());
        let Summary { status, status_at, error_code, edited_at, edited_text, revoked_at, contact_reaction, business_reaction } =
            &self.summary;
        row.optional_text(status.as_deref()).optional_instant(*status_at).optional_bigint(*error_code);
        row.optional_instant(*edited_at).optional_text(edited_text.as_deref()).optional_instant(*revoked_at);
        row.optional_text(contact_reaction.as_deref()).optional_text(business_reaction.as_deref()).unsigned(said.sequence);
    }

    fn order(&self, _: &std::sync::Arc<str>) -> (Option<ContactId>, u64) {
        let sequence = match &self.rest {
            MessageRest::New(said) => said.sequence,
            MessageRest::Stored => 0,
        };
        (Some(self.contact_id), sequence)
    }
}

impl Kept for Option<IdentityLink> {
    table!(identities: IdentityKey);
    const LAYOUT: Layout = Layout {
        name: "paige.identities",
        columns: &[
            ("kind", "text"),
            ("value", "text"),
            ("contact_id", "text"),
            ("current", "boolean"),
            ("linked_at", "timestamptz"),
            ("sequence", "bigint"),
        ],
        key: &[0, 1, 2],
        unique: &[],
        contact: Some(2),
    };

    fn key(stored: Tuple<'_>) -> Option<IdentityKey> {
        Some((IdentityKind::parse(stored.text(0)?)?, stored.text(1)?.to_owned(), stored.text(2)?.parse().ok()?))
    }

    fn present(&self) -> bool {
        self.is_some()
    }

    fn write(&self, (kind, value, contact): &IdentityKey, out: &mut Vec<u8>) {
        let Some(link) = self else { return };
        let mut row = Writer::row(out, Self::LAYOUT.columns.len());
        row.text(kind.as_str()).text(value);
        id!(row, ContactId, contact);
        row.boolean(link.current).instant(link.linked_at).unsigned(link.sequence);
    }

    fn order(&self, (.., contact): &IdentityKey) -> (Option<ContactId>, u64) {
        (Some(*contact), self.as_ref().map_or(0, |link| link.sequence))
    }
}

impl Kept for Status {
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

impl Kept for StateChange {
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

impl Kept for Unassigned {
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
