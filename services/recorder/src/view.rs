//! One project's people and messages as the recorder sees them: what the tables say, and what it appended since.

use std::collections::{HashMap, HashSet};

use contract::{ContactId, ConversationEvent, EventId, Identity};

use crate::contact::{Contact, evolve};

/// Key of a status: wamid, status, participant.
pub type StatusKey = (String, String, String);

/// How many contacts a project keeps in memory between batches.
const CONTACTS_MAX: usize = 2_000;

/// See the module.
#[derive(Debug, Default)]
pub struct View {
    contacts: HashMap<ContactId, Contact>,
    by_identity: HashMap<Identity, ContactId>,
    /// What was said and reported, with the sequence of its append; 0 where the tables say so.
    messages: HashMap<String, (ContactId, u64)>,
    statuses: HashMap<StatusKey, u64>,
    unassigned: HashMap<EventId, u64>,
    /// How far the tables had come when they were last asked.
    checkpoint: u64,
    /// The last event that was appended through this view.
    appended: u64,
}

impl View {
    /// The contact of that id.
    pub fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.contacts.get(&id)
    }

    /// The contact that an identity leads to, also through mergers.
    pub fn find(&self, identity: &Identity) -> Option<ContactId> {
        Some(self.survivor(*self.by_identity.get(identity)?))
    }

    /// The contact that this one turned out to be; itself if it was not merged.
    pub fn survivor(&self, mut id: ContactId) -> ContactId {
        for _ in 0..crate::MERGERS_MAX {
            match self.contacts.get(&id).and_then(|contact| contact.merged_into) {
                Some(into) => id = into,
                None => break,
            }
        }
        id
    }

    /// Whether an identity was looked up already.
    pub fn knows(&self, identity: &Identity) -> bool {
        self.by_identity.contains_key(identity)
    }

    /// Whose message it is, if it is recorded. By Meta's id, or by ours of what we sent.
    pub fn message(&self, name: &str) -> Option<ContactId> {
        self.messages.get(name).map(|(contact, _)| *contact)
    }

    /// Whether a status is recorded.
    pub fn has_status(&self, key: &StatusKey) -> bool {
        self.statuses.contains_key(key)
    }

    /// Whether an unassigned item is recorded.
    pub fn has_unassigned(&self, id: &EventId) -> bool {
        self.unassigned.contains_key(id)
    }

    /// Takes what the tables say. A contact that is here already is at least as new.
    pub fn load(&mut self, id: ContactId, contact: Contact) {
        self.contacts.entry(id).or_insert(contact);
    }

    /// Takes what the tables say of an identity.
    pub fn load_identity(&mut self, identity: Identity, contact: ContactId) {
        self.by_identity.entry(identity).or_insert(contact);
    }

    /// Takes what the tables say of messages, statuses and unassigned items.
    pub fn load_recorded(&mut self, messages: HashMap<String, ContactId>, statuses: HashSet<StatusKey>, unassigned: HashSet<EventId>) {
        for (wamid, contact) in messages {
            self.messages.entry(wamid).or_insert((contact, 0));
        }
        statuses.into_iter().for_each(|key| _ = self.statuses.entry(key).or_insert(0));
        unassigned.into_iter().for_each(|id| _ = self.unassigned.entry(id).or_insert(0));
    }

    /// Takes a decision that is on its way into the log: what comes next in the batch builds on it. `PENDING` marks it until its
    /// sequence is known.
    pub fn apply(&mut self, id: ContactId, event: &ConversationEvent) {
        let contact = evolve(self.contacts.remove(&id), event);
        self.contacts.insert(id, contact);
        match event {
            ConversationEvent::ContactFirstSeen(seen) => self.point(&seen.identities, id),
            ConversationEvent::ContactIdentityLinked(linked) => self.point([&linked.identity], id),
            ConversationEvent::ContactIdentityReplaced(replaced) => self.point([&replaced.previous, &replaced.current], id),
            ConversationEvent::ContactAbsorbed(absorbed) => self.point(&absorbed.identities, id),
            ConversationEvent::ContactIdentityUnlinked(unlinked) => {
                if self.by_identity.get(&unlinked.identity) == Some(&id) {
                    self.by_identity.remove(&unlinked.identity);
                }
            }
            ConversationEvent::MessageReceived(received) => self.said(&received.0.wamid, id),
            ConversationEvent::MessageEchoed(echoed) => self.said(&echoed.0.wamid, id),
            ConversationEvent::MessageImported(imported) => self.said(&imported.message.wamid, id),
            // Under our id, until Meta's comes beside it.
            ConversationEvent::MessageRequested(requested) => self.said(&requested.message.to_string(), id),
            ConversationEvent::MessageAccepted(accepted) => self.said(&accepted.wamid, id),
            ConversationEvent::MessageStatusReported(reported) => {
                let key = (reported.wamid.clone(), reported.status.clone(), reported.participant.clone().unwrap_or_default());
                self.statuses.insert(key, PENDING);
            }
            ConversationEvent::ContactProfileChanged(_)
            | ConversationEvent::ContactPreferenceChanged(_)
            | ConversationEvent::ContactMerged(_)
            | ConversationEvent::ConversationOpened(_)
            | ConversationEvent::ConversationClosed(_)
            | ConversationEvent::ConversationStateChanged(_)
            | ConversationEvent::UnassignedItemReceived(_)
            | ConversationEvent::ConversationReopened(_)
            | ConversationEvent::FlowSubmitted(_)
            | ConversationEvent::SendStarted(_)
            | ConversationEvent::SendDeferred(_)
            | ConversationEvent::SendOutcomeUnknown(_)
            | ConversationEvent::MessageFailed(_)
            | ConversationEvent::MessageAbandoned(_)
            | ConversationEvent::ReadRequested(_)
            | ConversationEvent::ReadSettled(_) => {}
        }
    }

    /// Notes an unassigned item that is on its way into the log.
    pub fn apply_unassigned(&mut self, id: EventId) {
        self.unassigned.insert(id, PENDING);
    }

    /// Everything that was on its way is in the log: contacts at these versions, nothing after `last`.
    pub fn stored(&mut self, versions: impl Iterator<Item = (ContactId, u64)>, last: u64) {
        for (id, version) in versions {
            if let Some(contact) = self.contacts.get_mut(&id) {
                contact.version = version;
            }
        }
        self.appended = self.appended.max(last);
        let pending = self.messages.values_mut().map(|(_, sequence)| sequence);
        for sequence in pending.chain(self.statuses.values_mut()).chain(self.unassigned.values_mut()) {
            if *sequence == PENDING {
                *sequence = last;
            }
        }
    }

    /// How far the tables had come when they were last asked.
    pub(crate) fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// The last event that was appended through this view.
    pub(crate) fn appended(&self) -> u64 {
        self.appended
    }

    /// Forgets what was said, as far as the tables hold it.
    pub fn prune(&mut self, checkpoint: u64) {
        self.checkpoint = checkpoint;
        self.messages.retain(|_, (_, sequence)| *sequence > checkpoint);
        self.statuses.retain(|_, sequence| *sequence > checkpoint);
        self.unassigned.retain(|_, sequence| *sequence > checkpoint);
    }

    /// Forgets contacts when they are too many, before the tables are asked for those that are not known. Most write again, so they stay as
    /// long as there is room.
    pub fn make_room(&mut self) {
        if self.contacts.len() > CONTACTS_MAX {
            let checkpoint = self.checkpoint;
            self.contacts.retain(|_, contact| contact.version > checkpoint);
            let contacts = &self.contacts;
            self.by_identity.retain(|_, id| contacts.contains_key(id));
        }
    }

    fn point<'a>(&mut self, identities: impl IntoIterator<Item = &'a Identity>, id: ContactId) {
        for identity in identities {
            self.by_identity.insert(identity.clone(), id);
        }
    }

    /// Whose it was first, it stays.
    fn said(&mut self, name: &str, id: ContactId) {
        self.messages.entry(name.to_owned()).or_insert((id, PENDING));
    }
}

/// The sequence of what is on its way.
const PENDING: u64 = u64::MAX;
