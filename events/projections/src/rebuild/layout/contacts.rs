//! Contacts, and by what they are known.

use contract::{ContactId, IdentityKind};

use super::{Layout, StoredRow, id, table};
use crate::held::Rows;
use crate::rebuild::tuple::{Tuple, Writer};
use crate::rows::{Contact, IdentityKey, IdentityLink};
use crate::table::Table;

impl StoredRow for Contact {
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

impl StoredRow for Option<IdentityLink> {
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
