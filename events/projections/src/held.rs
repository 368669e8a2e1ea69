//! Rows in memory: what a driver loaded, what the fold made of it, and which of them must be written.

use std::sync::Arc;

use contract::{ContactId, ConversationId, EventId, Identity};
use foldhash::{HashMap, HashSet};

use crate::rows::{
    Contact, Conversation, IdentityKey, IdentityLink, Message, MessageRest, StateChange, Status, StatusKey, Submission, SubmissionKey,
    Unassigned,
};
use crate::summary::{Effect, FAILED, summarise};
use crate::table::Table;

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
    pub submissions: Table<SubmissionKey, Submission>,
    /// By our own id of a message that was asked for: under which name its row is.
    asked: HashMap<Arc<str>, Arc<str>>,
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
            self.sum_up_with_target(&key.0);
        }
    }

    /// Whether some contact has the message, by Meta's id of it or by ours: the first one keeps it.
    pub(crate) fn has_message(&self, name: &str) -> bool {
        self.messages.get(name).is_some() || self.asked.contains_key(name) || self.foreign.contains(name)
    }

    /// Whether the contact has that message because it was asked for.
    pub(crate) fn has_asked(&self, contact: ContactId, message: &str) -> bool {
        self.asked.get(message).and_then(|name| self.messages.get(name)).is_some_and(|row| row.contact_id == contact)
    }

    /// Replaces our id of the message by Meta's, and applies at once what was said about Meta's id before. Returns whether the row has that
    /// id now: a row keeps the first id of Meta's that it got, and an id that another row has stays there.
    pub(crate) fn accept(&mut self, message: &str, wamid: &Arc<str>) -> bool {
        let Some((asked, name)) = self.asked.get_key_value(message).map(|(asked, name)| (asked.clone(), name.clone())) else {
            return false;
        };
        if asked != name || self.has_message(wamid) {
            return name == *wamid;
        }
        let Some(mut row) = self.messages.take(&name) else { return false };
        if let MessageRest::Stored = row.rest {
            row.rest = MessageRest::Renamed { from: name.clone() };
        }
        row.wamid = wamid.clone();
        if let Some(effects) = row.target_wamid.as_ref().and_then(|target| self.effects.get_mut(target)) {
            effects.messages.iter_mut().filter(|effect| **effect == name).for_each(|effect| *effect = wamid.clone());
        }
        self.asked.insert(asked, wamid.clone());
        self.messages.put(wamid.clone(), row);
        self.sum_up_with_target(wamid);
        true
    }

    /// Says that other contacts, whose rows are not here, have these messages.
    pub(crate) fn add_foreign<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        self.foreign.extend(names.into_iter().map(Arc::from));
    }

    /// Takes that back.
    pub(crate) fn remove_foreign<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            self.foreign.remove(name);
        }
    }

    /// Lets go of the rows of every contact that `keep` does not want.
    pub(crate) fn retain(&mut self, keep: impl Fn(ContactId) -> bool) {
        self.contacts.retain(|id, _| keep(*id));
        self.conversations.retain(|_, row| keep(row.contact_id));
        self.messages.retain(|_, row| keep(row.contact_id));
        self.identities.retain(|(.., contact), _| keep(*contact));
        self.statuses.retain(|_, row| keep(row.contact_id));
        self.state_changes.retain(|_, row| keep(row.contact_id));
        self.submissions.retain(|_, row| keep(row.contact_id));
        let (messages, statuses) = (&self.messages, &self.statuses);
        self.asked.retain(|_, name| messages.get(name).is_some());
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
        if let Some(asked) = &message.asked_as {
            self.asked.insert(asked.clone(), message.wamid.clone());
        }
        if let Some(target) = &message.target_wamid {
            self.effects.entry(target.clone()).or_default().messages.push(message.wamid.clone());
        }
    }

    fn index_status(&mut self, key: StatusKey) {
        self.effects.entry(key.0.clone()).or_default().statuses.push(key);
    }

    /// A message that failed changes nothing: what became of one matters to the one that it is about.
    fn sum_up_with_target(&mut self, name: &Arc<str>) {
        self.sum_up(name);
        let name = self.asked.get(name).unwrap_or(name);
        if let Some(target) = self.messages.get(name).and_then(|message| message.target_wamid.clone()) {
            self.sum_up(&target);
        }
    }

    /// `name`: Meta's id of the message, or ours; what is said under either counts. Only effects of the message's own contact do: the fold is
    /// closed per contact.
    fn sum_up(&mut self, name: &Arc<str>) {
        let wamid = self.asked.get(name).unwrap_or(name);
        let Some(message) = self.messages.get(wamid) else { return };
        let (contact, asked) = (message.contact_id, message.asked_as.as_ref().filter(|asked| *asked != wamid));
        let mut effects = [Some(wamid), asked].into_iter().flatten().filter_map(|name| self.effects.get(name)).peekable();
        if effects.peek().is_none() {
            return;
        }
        let (statuses, messages) = (effects.clone().flat_map(|effects| &effects.statuses), effects.flat_map(|effects| &effects.messages));
        let statuses = statuses.filter_map(|key| self.statuses.get(key)).filter(|status| status.contact_id == contact);
        let messages = messages.filter_map(|name| self.messages.get(name)).filter(|effect| effect.contact_id == contact && !failed(effect));
        let summary = summarise(statuses.map(status_effect).chain(messages.map(message_effect)));
        if message.summary != summary {
            let wamid = wamid.clone();
            self.messages.change(&wamid, |message| message.summary = summary);
        }
    }
}

fn failed(message: &Message) -> bool {
    message.summary.status.as_deref() == Some(FAILED)
}

fn status_effect(status: &Status) -> Effect<'_> {
    Effect::Status { status: &status.status, at: status.at, error_code: status.error_code }
}

fn message_effect(message: &Message) -> Effect<'_> {
    Effect::Message {
        kind: &message.kind,
        inbound: message.direction == contract::Direction::Inbound.as_str(),
        at: message.sent_at,
        // The name that it keeps.
        wamid: message.asked_as.as_ref().unwrap_or(&message.wamid),
        text: message.text.as_deref(),
    }
}

impl Message {
    /// Whether the row is not in the database yet.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.rest, MessageRest::New(_))
    }
}
