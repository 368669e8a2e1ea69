//! Rows in memory: what a driver loaded, what the fold made of it, and which of them must be written.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use contract::{ContactId, ConversationId, EventId, Identity};
use foldhash::{HashMap, HashSet};

use crate::rows::{Contact, Conversation, IdentityKey, IdentityLink, Message, MessageRest, StateChange, Status, StatusKey, Unassigned};
use crate::summary::{Effect, summarise};

/// The rows of some contacts of one project.
#[derive(Debug, Default)]
pub struct Rows {
    pub contacts: Table<ContactId, Contact>,
    pub conversations: Table<ConversationId, Conversation>,
    pub messages: Table<Arc<str>, Message>,
    /// `None`: unlinked.
    pub identities: Table<IdentityKey, Option<IdentityLink>>,
    pub statuses: Table<StatusKey, Status>,
    pub state_changes: Table<(ConversationId, u32), StateChange>,
    pub unassigned: Table<EventId, Unassigned>,
    /// By the wamid that they are about: the statuses and messages that have an effect on it.
    effects: HashMap<Arc<str>, Effects>,
    /// Messages that another contact, whose rows are not here, was the first to have.
    foreign: HashSet<Arc<str>>,
}

#[derive(Debug, Default)]
struct Effects {
    statuses: Vec<StatusKey>,
    messages: Vec<Arc<str>>,
}

impl Rows {
    /// Adds a message that is not known yet, and sums up what is known about it and about what it changes.
    pub(crate) fn add_message(&mut self, message: Message) {
        let (wamid, target) = (message.wamid.clone(), message.target_wamid.clone());
        self.index_message(&message);
        self.messages.put_new(wamid.clone(), message);
        self.sum_up(&wamid);
        if let Some(target) = target {
            self.sum_up(&target);
        }
    }

    /// Adds a status; the first of its kind counts.
    pub(crate) fn add_status(&mut self, status: Status) {
        let key = status.key();
        if self.statuses.get(&key).is_none() {
            self.index_status(key.clone());
            self.statuses.put_new(key.clone(), status);
            self.sum_up(&key.0);
        }
    }

    /// Whether some contact has the message: the first one keeps it.
    pub(crate) fn has_message(&self, wamid: &str) -> bool {
        self.messages.get(wamid).is_some() || self.foreign.contains(wamid)
    }

    /// Says that a contact whose rows are not here has the message.
    pub(crate) fn add_foreign(&mut self, wamid: &str) {
        if !self.foreign.contains(wamid) {
            self.foreign.insert(wamid.into());
        }
    }

    /// Lets go of the rows of every contact that `keep` does not want.
    pub(crate) fn retain(&mut self, keep: impl Fn(ContactId) -> bool) {
        self.contacts.rows.retain(|id, _| keep(*id));
        self.conversations.rows.retain(|_, (row, _)| keep(row.contact_id));
        self.messages.rows.retain(|_, (row, _)| keep(row.contact_id));
        self.identities.rows.retain(|(.., contact), _| keep(*contact));
        self.statuses.rows.retain(|_, (row, _)| keep(row.contact_id));
        self.state_changes.rows.retain(|_, (row, _)| keep(row.contact_id));
        let (messages, statuses) = (&self.messages, &self.statuses);
        self.effects.retain(|_, effects| {
            effects.messages.retain(|wamid| messages.get(wamid).is_some());
            effects.statuses.retain(|key| statuses.get(key).is_some());
            !effects.messages.is_empty() || !effects.statuses.is_empty()
        });
    }

    pub(crate) fn link(&mut self, contact: ContactId, identity: Identity, link: IdentityLink) {
        self.identities.put((identity.kind, identity.value, contact), Some(link));
    }

    pub(crate) fn unlink(&mut self, contact: ContactId, identity: &Identity) {
        self.identities.put((identity.kind, identity.value.clone(), contact), None);
    }

    /// Takes a message from the database.
    pub(crate) fn load_message(&mut self, message: Message) {
        if self.messages.get(&message.wamid).is_none() {
            self.index_message(&message);
            self.messages.load(message.wamid.clone(), message);
        }
    }

    /// Takes a status from the database.
    pub(crate) fn load_status(&mut self, status: Status) {
        let key = status.key();
        self.index_status(key.clone());
        self.statuses.load(key, status);
    }

    fn index_message(&mut self, message: &Message) {
        if let Some(target) = &message.target_wamid {
            self.effects.entry(target.clone()).or_default().messages.push(message.wamid.clone());
        }
    }

    fn index_status(&mut self, key: StatusKey) {
        self.effects.entry(key.0.clone()).or_default().statuses.push(key);
    }

    /// Only effects of the message's own contact count: the fold is closed per contact.
    fn sum_up(&mut self, wamid: &Arc<str>) {
        let (Some(message), Some(effects)) = (self.messages.get(wamid), self.effects.get(wamid)) else { return };
        let contact = message.contact_id;
        let statuses = effects.statuses.iter().filter_map(|key| self.statuses.get(key)).filter(|status| status.contact_id == contact);
        let messages = effects.messages.iter().filter_map(|wamid| self.messages.get(wamid)).filter(|effect| effect.contact_id == contact);
        let summary = summarise(statuses.map(status_effect).chain(messages.map(message_effect)));
        if message.summary != summary {
            self.messages.change(wamid, |message| message.summary = summary);
        }
    }
}

fn status_effect(status: &Status) -> Effect<'_> {
    Effect::Status { status: &status.status, at: status.at, error_code: status.error_code }
}

fn message_effect(message: &Message) -> Effect<'_> {
    Effect::Message {
        kind: &message.kind,
        inbound: message.direction == contract::Direction::Inbound.as_str(),
        at: message.sent_at,
        wamid: &message.wamid,
        text: message.text.as_deref(),
    }
}

/// Rows by key, each with a mark whether it must be written.
#[derive(Debug)]
pub struct Table<K, V> {
    rows: HashMap<K, (V, bool)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: HashMap::default() }
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// The row of that key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.rows.get(key).map(|(row, _)| row)
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, (row, _))| (key, row))
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes every row out.
    pub fn drain(&mut self) -> impl Iterator<Item = (K, V)> {
        std::mem::take(&mut self.rows).into_iter().map(|(key, (row, _))| (key, row))
    }

    /// The rows that must be written.
    pub(crate) fn dirty(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().filter(|(_, (_, dirty))| *dirty).map(|(key, (row, _))| (key, row))
    }

    pub(crate) fn load(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, false));
    }

    pub(crate) fn put(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, true));
    }

    pub(crate) fn put_new(&mut self, key: K, row: V) {
        self.rows.entry(key).or_insert((row, true));
    }

    /// The row of that key, and whether it must be written.
    pub(crate) fn entry(&mut self, key: &K) -> Option<(&V, &mut bool)> {
        self.rows.get_mut(key).map(|(row, dirty)| (&*row, dirty))
    }

    /// All must be written.
    pub(crate) fn mark_all(&mut self) {
        self.rows.values_mut().for_each(|(_, dirty)| *dirty = true);
    }

    pub(crate) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some((row, dirty)) = self.rows.get_mut(key) {
            change(row);
            *dirty = true;
        }
    }
}

impl Message {
    /// Whether the row is not in the database yet.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.rest, MessageRest::New(_))
    }
}
