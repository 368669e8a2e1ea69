//! The messages and read receipts that are not settled yet, folded from the log, in the order of each contact; and beside them what
//! contacts want (`preferences`).
//!
//! It holds what the rows hold (`store`), and in addition what only this process knows: what it is doing with a contact at the moment.
//! Nothing is decided here.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{ConversationEvent, Event, EventId, MessageId, MessageRequested, ProjectId, ReadRequested, Recorded, Subject};

pub(crate) use crate::contact::Busy;
use crate::contact::Contact;
use crate::decide::is_unclear;
pub(crate) use crate::message::{Key, Message, Read, State};
use crate::origin::Origin;
use crate::preferences::Preferences;
use crate::status;
use crate::store::Restored;

/// What the contents of waiting messages may take in memory; what is beyond is read from the log when its turn comes.
const CONTENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// For how long a status of a message that was given up still counts. Meta keeps a message for 30 days.
const GIVEN_UP_KEPT: TimeDelta = TimeDelta::days(31);

/// What an event changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing that matters here.
    None,
    /// The contact's messages, or its subject.
    Contact(Key),
    /// A status told that Meta has the message.
    Told(MessageId),
    /// Something is to be shown as read.
    Read(EventId),
}

/// Everything that is not settled.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Up to where the log was read.
    pub(crate) read: u64,
    pub(crate) messages: HashMap<MessageId, Message>,
    pub(crate) contacts: HashMap<Key, Contact>,
    pub(crate) reads: HashMap<EventId, Read>,
    pub(crate) preferences: Preferences,
    /// When messages expire, the next one first.
    pub(crate) expiries: BTreeSet<(DateTime<Utc>, MessageId)>,
    /// What the rows do not hold yet.
    pub(crate) changed_messages: HashSet<MessageId>,
    pub(crate) changed_reads: HashSet<EventId>,
    /// The first event that this program cannot read.
    unreadable: Option<u64>,
    content_bytes: usize,
}

impl Backlog {
    /// Takes rows in, in the order of their requests.
    pub(crate) fn restore(mut rows: Restored) -> Self {
        let (reads, preferences) = (rows.reads.into_iter().collect(), Preferences::restore(rows.preferences));
        let mut backlog = Self { read: rows.sequence, reads, preferences, ..Self::default() };
        rows.messages.sort_by_key(|(_, message)| message.requested);
        for (id, message) in rows.messages {
            backlog.insert(id, message);
        }
        backlog
    }

    /// Up to where the rows say that they reflect the log: what this program cannot read is read again by whoever starts next, perhaps a newer
    /// one.
    pub(crate) fn kept(&self) -> u64 {
        self.unreadable.map_or(self.read, |first| first.saturating_sub(1))
    }

    /// Applies an event; a second time changes nothing, also where rows are ahead of their position. `lost_after`: how long after its start
    /// a message is nobody's any more.
    pub(crate) fn apply(&mut self, recorded: &Recorded, lost_after: TimeDelta) -> News {
        if recorded.sequence <= self.read {
            return News::None;
        }
        self.read = recorded.sequence;
        let Some(project) = recorded.subject.project_id() else { return News::None };
        let key = recorded.subject.contact_id().map(|contact| (project, contact));
        let known = key.filter(|key| self.contacts.contains_key(key));
        if let Some(contact) = known.and_then(|key| self.contacts.get_mut(&key)) {
            contact.last = recorded.sequence;
        }
        match ConversationEvent::decode(recorded) {
            Ok(event) => match self.take(key, event, recorded, lost_after) {
                News::None => known.map_or(News::None, News::Contact),
                news => news,
            },
            Err(error) => {
                metrics::counter!("sender_unreadable_total").increment(1);
                if self.unreadable.is_none() {
                    self.unreadable = Some(recorded.sequence);
                    tracing::error!(%error, stream.seq = recorded.sequence, "conversation event is not readable, a start reads again from here");
                }
                News::None
            }
        }
    }

    fn take(&mut self, key: Option<Key>, event: ConversationEvent, recorded: &Recorded, lost_after: TimeDelta) -> News {
        let sequence = recorded.sequence;
        match event {
            ConversationEvent::MessageRequested(requested) => {
                let Some(key) = key else { return News::None };
                self.request(key, requested, recorded);
                News::Contact(key)
            }
            ConversationEvent::SendStarted(started) => self.change(started.message, sequence, |message| {
                message.state = State::Started;
                message.attempt = message.attempt.max(started.attempt);
                message.due_at = started.at + lost_after;
            }),
            ConversationEvent::SendDeferred(deferred) => self.change(deferred.message, sequence, |message| {
                if deferred.attempt >= message.attempt {
                    // Said before the wait for a status is over, it is Meta's answer: to a sender that another one took for gone.
                    let in_doubt = message.state == State::Unknown && deferred.at >= message.due_at;
                    message.doubtful |= in_doubt;
                    message.unclear += u32::from(in_doubt || deferred.meta_code.is_some_and(is_unclear));
                    message.state = State::Waiting;
                    message.attempt = deferred.attempt;
                    message.due_at = deferred.retry_at;
                }
            }),
            ConversationEvent::SendOutcomeUnknown(unknown) => self.change(unknown.message, sequence, |message| {
                if unknown.attempt >= message.attempt {
                    message.state = State::Unknown;
                    message.due_at = unknown.settle_by;
                }
            }),
            ConversationEvent::MessageAbandoned(abandoned) => self.give_up(abandoned.message, sequence, abandoned.at),
            ConversationEvent::MessageAccepted(accepted) => self.settle(accepted.message),
            // Meta does not know either what became of it.
            ConversationEvent::MessageFailed(failed) if failed.meta_code.is_some_and(is_unclear) => {
                self.give_up(failed.message, sequence, failed.at)
            }
            ConversationEvent::MessageFailed(failed) => self.settle(failed.message),
            ConversationEvent::MessageStatusReported(reported) => {
                let told = status::told(reported.raw.get()).map(|id| (id, reported.wamid));
                self.tell(&recorded.subject, told)
            }
            ConversationEvent::UnassignedItemReceived(item) => self.tell(&recorded.subject, status::told_unassigned(&item)),
            ConversationEvent::ReadRequested(requested) => key.map_or(News::None, |key| self.request_read(key, requested, recorded)),
            ConversationEvent::ReadSettled(_) => {
                if let Some(cause) = recorded.context.causation
                    && self.reads.remove(&cause).is_some()
                {
                    self.changed_reads.insert(cause);
                }
                News::None
            }
            ConversationEvent::ContactPreferenceChanged(changed) => self.preferences.on_changed(key, &changed),
            ConversationEvent::ContactMerged(merged) => self.preferences.on_merged(key, merged.into),
            ConversationEvent::ContactFirstSeen(_)
            | ConversationEvent::ContactIdentityLinked(_)
            | ConversationEvent::ContactIdentityReplaced(_)
            | ConversationEvent::ContactIdentityUnlinked(_)
            | ConversationEvent::ContactProfileChanged(_)
            | ConversationEvent::ContactAbsorbed(_)
            | ConversationEvent::ConversationOpened(_)
            | ConversationEvent::ConversationClosed(_)
            | ConversationEvent::ConversationStateChanged(_)
            | ConversationEvent::ConversationReopened(_)
            | ConversationEvent::MessageReceived(_)
            | ConversationEvent::MessageEchoed(_)
            | ConversationEvent::MessageImported(_)
            | ConversationEvent::FlowSubmitted(_) => News::None,
        }
    }

    fn request(&mut self, key: Key, requested: MessageRequested, recorded: &Recorded) {
        if self.messages.contains_key(&requested.message) {
            return;
        }
        let id = requested.message;
        let bytes = recorded.data.len();
        let fits = self.content_bytes + bytes <= CONTENT_BYTES_MAX;
        let message = Message::new(key, recorded.sequence, requested.at, requested.expires_at);
        let message = Message {
            origin: Arc::new(Origin::of(recorded)),
            asked_at: Some(recorded.time),
            content: fits.then(|| Arc::new(requested)),
            content_bytes: if fits { bytes } else { 0 },
            ..message
        };
        self.insert(id, message);
        self.changed_messages.insert(id);
    }

    fn insert(&mut self, id: MessageId, message: Message) {
        if message.state != State::Abandoned {
            let contact = self.contacts.entry(message.key).or_default();
            contact.last = contact.last.max(message.sequence);
            let before = |queued: &MessageId| self.messages.get(queued).is_some_and(|queued| queued.requested < message.requested);
            let place = contact.queue.iter().rposition(before).map_or(0, |last| last + 1);
            contact.queue.insert(place, id);
        }
        self.expiries.insert((message.expires_at, id));
        self.content_bytes += message.content_bytes;
        self.messages.insert(id, message);
    }

    fn change(&mut self, id: MessageId, sequence: u64, change: impl FnOnce(&mut Message)) -> News {
        let open = |message: &&mut Message| message.state != State::Abandoned && message.sequence < sequence;
        let Some(message) = self.messages.get_mut(&id).filter(open) else { return News::None };
        message.sequence = sequence;
        change(message);
        self.changed_messages.insert(id);
        News::Contact(message.key)
    }

    fn give_up(&mut self, id: MessageId, sequence: u64, at: DateTime<Utc>) -> News {
        let Some(message) = self.messages.get_mut(&id) else { return News::None };
        message.sequence = sequence;
        message.state = State::Abandoned;
        message.content = None;
        self.content_bytes -= std::mem::take(&mut message.content_bytes);
        self.expiries.remove(&(message.expires_at, id));
        message.expires_at = at + GIVEN_UP_KEPT;
        self.expiries.insert((message.expires_at, id));
        let key = message.key;
        self.changed_messages.insert(id);
        self.leave_queue(key, id);
        News::Contact(key)
    }

    fn settle(&mut self, id: MessageId) -> News {
        let key = self.messages.get(&id).map(|message| message.key);
        self.forget(id);
        key.map_or(News::None, News::Contact)
    }

    /// Only a message of the subject's own project counts. The id in a status is whatever was sent with the message, and anybody who sends
    /// with a token of their own can put any id there.
    fn tell(&mut self, subject: &Subject, told: Option<(MessageId, String)>) -> News {
        let (Some(project), Some((id, wamid))) = (subject.project_id(), told) else { return News::None };
        let open = |message: &&mut Message| message.key.0 == project && message.told.is_none();
        let Some(message) = self.messages.get_mut(&id).filter(open) else { return News::None };
        message.told = Some(wamid);
        self.changed_messages.insert(id);
        News::Told(id)
    }

    fn request_read(&mut self, key: Key, requested: ReadRequested, recorded: &Recorded) -> News {
        let ReadRequested { message, wamid, typing, at } = requested;
        let origin = Arc::new(Origin::of(recorded));
        self.reads.insert(recorded.id, Read { key, message, sequence: recorded.sequence, wamid, typing, origin, at, tries: 0 });
        self.changed_reads.insert(recorded.id);
        News::Read(recorded.id)
    }

    /// A message is settled, or nobody's any more.
    pub(crate) fn forget(&mut self, id: MessageId) {
        let Some(message) = self.messages.remove(&id) else { return };
        self.content_bytes -= message.content_bytes;
        self.expiries.remove(&(message.expires_at, id));
        self.changed_messages.insert(id);
        self.leave_queue(message.key, id);
    }

    /// A project is gone, or goes.
    pub(crate) fn forget_project(&mut self, project: ProjectId) {
        let messages: Vec<_> = self.messages.iter().filter(|(_, message)| message.key.0 == project).map(|(id, _)| *id).collect();
        messages.into_iter().for_each(|id| self.forget(id));
        let reads: Vec<_> = self.reads.iter().filter(|(_, read)| read.key.0 == project).map(|(id, _)| *id).collect();
        for id in reads {
            self.reads.remove(&id);
            self.changed_reads.insert(id);
        }
        self.contacts.retain(|(of, _), _| *of != project);
        self.preferences.forget_project(project);
    }

    fn leave_queue(&mut self, key: Key, id: MessageId) {
        if let Some(contact) = self.contacts.get_mut(&key)
            && let Some(index) = contact.queue.iter().position(|queued| *queued == id)
        {
            contact.queue.remove(index);
        }
        self.tidy(key);
    }

    /// Forgets a contact with nothing to do.
    pub(crate) fn tidy(&mut self, key: Key) {
        if self.contacts.get(&key).is_some_and(|contact| contact.queue.is_empty() && contact.busy.is_none() && !contact.lined_up) {
            self.contacts.remove(&key);
        }
    }

    /// Whose subject a contact has.
    pub(crate) fn subject(key: Key) -> Subject {
        Subject::conversation(key.0, key.1)
    }
}
