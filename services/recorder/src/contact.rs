//! What the recorder knows of a contact while it decides: the aggregate behind `conversation.<prj>.<con>`.
//!
//! It comes into being in two ways, from rows and by [`evolve`], which must agree on everything that a decision looks at.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contract::{ContactId, ContactProfile, ConversationEvent, ConversationId, Identity, IdentityKind};
use dialogue::Latest;
use projections::lookup::{KnownContact, KnownLink, LatestConversation};
use projections::rows::Preference;

/// A contact, as far as decisions need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// The last sequence of its subject; 0: it has no event yet.
    pub version: u64,
    /// When it first showed up.
    pub first_seen_at: DateTime<Utc>,
    /// Everything it is or was known by; of each kind it has one now at most.
    pub identities: HashMap<Identity, KnownLink>,
    /// How it shows itself.
    pub profile: ContactProfile,
    /// When it last showed itself differently.
    pub profile_at: DateTime<Utc>,
    /// What it allowed and refused.
    pub preferences: HashMap<String, Preference>,
    /// The contact that it turned out to be.
    pub merged_into: Option<ContactId>,
    /// Its latest conversation, one to one and in each group.
    pub conversations: HashMap<Option<String>, Latest>,
}

impl Contact {
    /// The identity of that kind which it has now, and since when.
    pub fn current(&self, kind: IdentityKind) -> Option<(&Identity, DateTime<Utc>)> {
        let found = self.identities.iter().find(|(identity, link)| link.current && identity.kind == kind);
        found.map(|(identity, link)| (identity, link.since))
    }

    /// Whether it has that identity now.
    pub fn has_now(&self, identity: &Identity) -> bool {
        self.identities.get(identity).is_some_and(|link| link.current)
    }

    /// Its conversation outside groups.
    pub fn one_to_one(&self) -> Option<ConversationId> {
        self.conversations.get(&None).map(|latest| latest.id)
    }

    fn empty(at: DateTime<Utc>) -> Self {
        Self {
            version: 0,
            first_seen_at: at,
            identities: HashMap::new(),
            profile: ContactProfile::default(),
            profile_at: at,
            preferences: HashMap::new(),
            merged_into: None,
            conversations: HashMap::new(),
        }
    }

    fn link(&mut self, identity: &Identity, current: bool, since: DateTime<Utc>) {
        self.identities.insert(identity.clone(), KnownLink { current, since });
    }

    fn latest(&mut self, conversation: ConversationId) -> Option<&mut Latest> {
        self.conversations.values_mut().find(|latest| latest.id == conversation)
    }

    fn said(&mut self, conversation: ConversationId, at: DateTime<Utc>) {
        if let Some(latest) = self.latest(conversation) {
            latest.last_message_at = latest.last_message_at.max(at);
        }
    }
}

/// What an event makes of a contact. `None`: it did not exist before.
pub fn evolve(contact: Option<Contact>, event: &ConversationEvent) -> Contact {
    if let ConversationEvent::ContactFirstSeen(seen) = event {
        return contact.unwrap_or_else(|| {
            let mut contact = Contact { profile: seen.profile.clone(), ..Contact::empty(seen.at) };
            seen.identities.iter().for_each(|identity| contact.link(identity, true, seen.at));
            contact
        });
    }
    let mut contact = contact.unwrap_or_else(|| Contact::empty(DateTime::UNIX_EPOCH));
    match event {
        ConversationEvent::ContactIdentityLinked(linked) => contact.link(&linked.identity, true, linked.at),
        ConversationEvent::ContactIdentityReplaced(replaced) => {
            contact.link(&replaced.previous, false, replaced.at);
            contact.link(&replaced.current, true, replaced.at);
        }
        ConversationEvent::ContactIdentityUnlinked(unlinked) => _ = contact.identities.remove(&unlinked.identity),
        ConversationEvent::ContactProfileChanged(changed) => {
            contact.profile = changed.profile.clone();
            contact.profile_at = changed.at;
        }
        ConversationEvent::ContactPreferenceChanged(changed) => {
            contact.preferences.insert(changed.category.clone(), Preference { value: changed.value.clone(), at: changed.at });
        }
        ConversationEvent::ContactMerged(merged) => contact.merged_into = Some(merged.into),
        ConversationEvent::ContactAbsorbed(absorbed) => {
            absorbed.identities.iter().for_each(|identity| contact.link(identity, false, absorbed.at));
        }
        ConversationEvent::ConversationOpened(opened) => {
            let latest = Latest { id: opened.conversation, state: opened.state.clone(), last_message_at: opened.at, closed: false };
            contact.conversations.insert(opened.group.clone(), latest);
        }
        ConversationEvent::ConversationClosed(closed) => {
            if let Some(latest) = contact.latest(closed.conversation) {
                latest.closed = true;
            }
        }
        ConversationEvent::ConversationReopened(reopened) => {
            if let Some(latest) = contact.latest(reopened.conversation) {
                latest.closed = false;
                latest.last_message_at = latest.last_message_at.max(reopened.at);
            }
        }
        ConversationEvent::ConversationStateChanged(changed) => {
            if let Some(latest) = contact.latest(changed.conversation) {
                latest.state = Some(changed.to.clone());
            }
        }
        ConversationEvent::MessageReceived(received) => contact.said(received.0.conversation, received.0.sent_at),
        ConversationEvent::MessageEchoed(echoed) => contact.said(echoed.0.conversation, echoed.0.sent_at),
        ConversationEvent::MessageImported(imported) => contact.said(imported.message.conversation, imported.message.sent_at),
        ConversationEvent::MessageRequested(requested) => contact.said(requested.conversation, requested.at),
        ConversationEvent::ContactFirstSeen(_)
        | ConversationEvent::MessageStatusReported(_)
        | ConversationEvent::UnassignedItemReceived(_)
        | ConversationEvent::FlowSubmitted(_)
        | ConversationEvent::SendStarted(_)
        | ConversationEvent::SendDeferred(_)
        | ConversationEvent::SendOutcomeUnknown(_)
        | ConversationEvent::MessageAccepted(_)
        | ConversationEvent::MessageFailed(_)
        | ConversationEvent::MessageAbandoned(_)
        | ConversationEvent::ReadRequested(_)
        | ConversationEvent::ReadSettled(_) => {}
    }
    contact
}

impl From<KnownContact> for Contact {
    fn from(known: KnownContact) -> Self {
        let row = known.contact;
        let latest = |latest: LatestConversation| {
            let LatestConversation { id, group, state, last_message_at, closed } = latest;
            (group, Latest { id, state, last_message_at, closed })
        };
        Self {
            version: row.version,
            first_seen_at: row.first_seen_at,
            identities: known.identities,
            profile: ContactProfile { name: row.name, username: row.username, wa_id: row.wa_id },
            profile_at: row.profile_at,
            preferences: row.preferences.into_iter().collect(),
            merged_into: row.merged_into,
            conversations: known.conversations.into_iter().map(latest).collect(),
        }
    }
}
