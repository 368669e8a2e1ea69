//! What Meta tells of a contact by refusing a message: it wants none that advertise. It is a word like the contact's own, of which the newest
//! counts: what the contact has said since is not overruled, also where it reached the log first.

use chrono::{DateTime, Utc};
use contract::{ContactPreferenceChanged, ConversationEvent, Event, EventId, MessageId, NewEvent, Recorded, Subject};
use journal::{AppendError, Expect, Journal, Position};

use crate::message::Message;
use crate::said::{self, AGAIN_PAUSE, SOURCE};

/// A contact that has stopped.
#[derive(Debug, Clone)]
pub(crate) struct Stopped {
    event: NewEvent,
    /// When Meta refused.
    at: DateTime<Utc>,
    /// Of the request that Meta refused. What was said before is older.
    requested: u64,
}

impl Stopped {
    /// Meta refused an attempt to send that message.
    pub(crate) fn new(id: MessageId, attempt: u32, message: &Message, at: DateTime<Utc>) -> Self {
        let (category, value) = (ContactPreferenceChanged::MARKETING.to_owned(), ContactPreferenceChanged::STOP.to_owned());
        let said: ConversationEvent = ContactPreferenceChanged { category, value, at }.into();
        let event_id = EventId::derive(said.event_type(), &[&id.to_string(), &attempt.to_string()]);
        let event = said.into_new(event_id, SOURCE, at, message.origin.context());
        Self { event, at, requested: message.requested }
    }

    /// Appends `events` to the contact's subject, and behind them that it has stopped, unless it has said something newer. Either way
    /// nothing was said between the look and the append.
    pub(crate) async fn append(&self, journal: &Journal, subject: &Subject, events: &[NewEvent]) -> Result<Position, AppendError> {
        loop {
            let Ok((last, is_newest)) = self.look(journal, subject).await else {
                tokio::time::sleep(AGAIN_PAUSE).await;
                continue;
            };
            // The request itself is gone: the contact was erased, and nothing is to bring it back.
            if last == 0 && !events.is_empty() {
                return Err(AppendError::Conflict { subject: subject.to_string(), expected: self.requested, actual: last });
            }
            let events: Vec<NewEvent> = events.iter().chain(is_newest.then_some(&self.event)).cloned().collect();
            if events.is_empty() {
                return Ok(Position { stream: subject.stream(), sequence: last, duplicate: true });
            }
            match said::append(journal, subject, Expect::At(last), events).await {
                Err(AppendError::Conflict { .. }) => {}
                definite => return definite,
            }
        }
    }

    /// The last sequence of the contact's subject, and whether nothing newer is said there.
    async fn look(&self, journal: &Journal, subject: &Subject) -> Result<(u64, bool), journal::Error> {
        let last = journal.last(subject).await?.map_or(0, |event| event.sequence);
        let mut from = self.requested;
        loop {
            let (events, more) = journal.entity_from(subject, from).await?;
            if events.iter().any(|event| self.is_overruled_by(event)) {
                return Ok((last, false));
            }
            match events.last() {
                Some(event) if more => from = event.sequence + 1,
                Some(_) | None => return Ok((last, true)),
            }
        }
    }

    /// As where the recorder decides: of two in the same instant the one that sorts last.
    fn is_overruled_by(&self, event: &Recorded) -> bool {
        let Ok(ConversationEvent::ContactPreferenceChanged(said)) = ConversationEvent::decode(event) else { return false };
        said.category == ContactPreferenceChanged::MARKETING && (said.at, said.value.as_str()) >= (self.at, ContactPreferenceChanged::STOP)
    }
}
