//! Who a contact is: its row, and the identities that lead to it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{
    ContactAbsorbed, ContactFirstSeen, ContactIdentityReplaced, ContactPreferenceChanged, ContactProfileChanged, Identity, IdentityKind,
};

use super::{On, clean};
use crate::rows::{Contact, IdentityLink, Preference};

impl On<'_> {
    pub(super) fn first_seen(self, seen: ContactFirstSeen) {
        if self.rows.contacts.get(&self.contact).is_some() {
            return self.with_contact(|_| {});
        }
        let mut contact = Contact {
            id: self.contact,
            phone: None,
            wa_id: None,
            bsuid: None,
            parent_bsuid: None,
            name: seen.profile.name.map(clean),
            username: seen.profile.username.map(clean),
            preferences: BTreeMap::new(),
            merged_into: None,
            first_seen_at: seen.at,
            last_message_at: None,
            last_inbound_at: None,
            profile_at: seen.at,
            version: self.event.sequence,
        };
        write_to(&mut contact, seen.profile.wa_id);
        for identity in seen.identities {
            show(&mut contact, &identity);
            self.rows.link(self.contact, identity, IdentityLink { current: true, linked_at: seen.at, sequence: self.event.sequence });
        }
        self.rows.contacts.put(self.contact, contact);
    }

    pub(super) fn linked(self, identity: Identity, at: DateTime<Utc>) {
        let link = IdentityLink { current: true, linked_at: at, sequence: self.event.sequence };
        self.rows.link(self.contact, identity.clone(), link);
        self.with_contact(|contact| show(contact, &identity));
    }

    pub(super) fn replaced(self, replaced: ContactIdentityReplaced) {
        let sequence = self.event.sequence;
        self.rows.link(self.contact, replaced.previous, IdentityLink { current: false, linked_at: replaced.at, sequence });
        self.rows.link(self.contact, replaced.current.clone(), IdentityLink { current: true, linked_at: replaced.at, sequence });
        self.with_contact(|contact| show(contact, &replaced.current));
    }

    pub(super) fn unlinked(self, identity: &Identity) {
        self.rows.unlink(self.contact, identity);
        self.with_contact(|contact| {
            if let Some(column) = column(contact, identity.kind)
                && column.as_deref() == Some(&*identity.value)
            {
                *column = None;
            }
        });
    }

    pub(super) fn profile(self, changed: ContactProfileChanged) {
        self.with_contact(|contact| {
            contact.name = changed.profile.name.map(clean);
            contact.username = changed.profile.username.map(clean);
            write_to(contact, changed.profile.wa_id);
            contact.profile_at = changed.at;
        });
    }

    pub(super) fn preference(self, changed: ContactPreferenceChanged) {
        self.with_contact(|contact| {
            contact.preferences.insert(clean(changed.category), Preference { value: clean(changed.value), at: changed.at });
        });
    }

    /// What was absorbed leads here from now on. Which of it the contact has now, the events after it say: the fold sees only this
    /// contact and could not choose between two numbers.
    pub(super) fn absorbed(self, absorbed: ContactAbsorbed) {
        for identity in absorbed.identities {
            let link = IdentityLink { current: false, linked_at: absorbed.at, sequence: self.event.sequence };
            self.rows.link(self.contact, identity, link);
        }
        self.with_contact(|_| {});
    }
}

fn show(contact: &mut Contact, identity: &Identity) {
    if let Some(column) = column(contact, identity.kind) {
        *column = Some(clean(identity.value.clone()));
    }
}

/// A phone identity is a key for comparing, not a number to show: the number comes with the profile.
fn column(contact: &mut Contact, kind: IdentityKind) -> Option<&mut Option<String>> {
    match kind {
        IdentityKind::Bsuid => Some(&mut contact.bsuid),
        IdentityKind::ParentBsuid => Some(&mut contact.parent_bsuid),
        IdentityKind::Phone => None,
    }
}

/// The number as Meta writes it, and as people do.
fn write_to(contact: &mut Contact, wa_id: Option<String>) {
    contact.wa_id = wa_id.map(clean);
    contact.phone = contact.wa_id.as_ref().map(|digits| format!("+{digits}"));
}
