//! What a batch decided and the log does not have yet: per contact, in order, appended together.

use contract::{ContactId, ConversationEvent, Event, EventId, NewEvent, ProjectId, Subject};
use futures::future::join_all;
use journal::{Append, AppendError, Expect, Journal, Position};

use crate::SOURCE;
use crate::record::Heard;
use crate::view::View;

/// Events of one contact in one append; far below the broker's 1,000 of a batch, because one decision may add several.
const CONTACT_EVENTS_MAX: usize = 200;
/// Events in all before they are appended.
const EVENTS_MAX: usize = 600;
/// Bytes in all before they are appended.
const BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Outbox {
    contacts: Vec<(ContactId, Vec<NewEvent>)>,
    unassigned: Vec<NewEvent>,
    /// One decision spans several contacts: all or nothing.
    together: bool,
    events: usize,
    bytes: usize,
}

/// What became of an outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Everything is in the log as it was decided.
    Stored,
    /// Some of it was there already, perhaps decided differently: look again and decide again.
    Repeated,
}

impl Outbox {
    /// Adds a decision.
    pub(crate) fn add(&mut self, project: ProjectId, heard: &Heard<'_>, decided: Vec<(ContactId, ConversationEvent)>) {
        self.together |= decided.windows(2).any(|pair| pair[0].0 != pair[1].0);
        for (part, (contact, fact)) in decided.into_iter().enumerate() {
            let id = id(project, contact, &fact, heard.id, part);
            let event = fact.into_new(id, SOURCE, heard.event.time, heard.context());
            self.count(&event);
            match self.contacts.iter_mut().rev().find(|(id, _)| *id == contact) {
                Some((_, events)) => events.push(event),
                None => self.contacts.push((contact, vec![event])),
            }
        }
    }

    pub(crate) fn add_unassigned(&mut self, event: NewEvent) {
        self.count(&event);
        self.unassigned.push(event);
    }

    fn count(&mut self, event: &NewEvent) {
        self.events += 1;
        self.bytes += event.data.len();
    }

    pub(crate) fn is_full(&self) -> bool {
        let of_one = self.contacts.iter().map(|(_, events)| events.len()).max().unwrap_or(0);
        self.events >= EVENTS_MAX || self.bytes >= BYTES_MAX || of_one >= CONTACT_EVENTS_MAX
    }

    /// Appends everything and waits for every answer, also after one that failed: nothing is on its way when this returns. Contacts are
    /// independent of each other unless a decision spans several.
    pub(crate) async fn flush(&mut self, journal: &Journal, project: ProjectId, view: &mut View) -> Result<Flushed, AppendError> {
        let Outbox { contacts, unassigned, together, .. } = std::mem::take(self);
        let ids: Vec<ContactId> = contacts.iter().map(|(id, _)| *id).collect();
        let appends = contacts.into_iter().map(|(id, events)| {
            let version = view.contact(id).map_or(0, |contact| contact.version);
            let expect = if version == 0 { Expect::New } else { Expect::At(version) };
            Append { subject: Subject::conversation(project, id), expect, events }
        });
        let positions = if together {
            journal.append_all(appends.collect()).await?
        } else {
            all(appends.map(|append| append_one(journal, append)).collect()).await?
        };
        let nobody = Subject::unassigned(project);
        let loose = unassigned.into_iter().map(|event| Append { subject: nobody.clone(), expect: Expect::Any, events: vec![event] });
        let loose = all(loose.map(|append| append_one(journal, append)).collect()).await?;
        if positions.iter().any(|position| position.duplicate) {
            return Ok(Flushed::Repeated);
        }
        let last = positions.iter().chain(&loose).map(|position| position.sequence).max();
        if let Some(last) = last {
            view.stored(ids.into_iter().zip(positions.iter().map(|position| position.sequence)), last);
        }
        Ok(Flushed::Stored)
    }
}

async fn append_one(journal: &Journal, Append { subject, expect, events }: Append) -> Result<Position, AppendError> {
    journal.append(&subject, expect, events).await
}

async fn all(appends: Vec<impl Future<Output = Result<Position, AppendError>>>) -> Result<Vec<Position>, AppendError> {
    join_all(appends).await.into_iter().collect()
}

/// The id of an event. The broker drops a second event with the same id, and the journal takes it for stored, so two different facts must
/// never share an id.
///
/// A message, a submission and a status are what they are about, whoever decides and however: two recorders that race say the same. Everything else
/// is what one step of the decision about one item said of one contact, word for word.
fn id(project: ProjectId, contact: ContactId, fact: &ConversationEvent, item: EventId, part: usize) -> EventId {
    let project = project.to_string();
    let message = |wamid: &str| EventId::derive("conversation.message", &[&project, wamid]);
    match fact {
        ConversationEvent::MessageReceived(received) => message(&received.0.wamid),
        ConversationEvent::MessageEchoed(echoed) => message(&echoed.0.wamid),
        ConversationEvent::MessageImported(imported) => message(&imported.message.wamid),
        ConversationEvent::MessageStatusReported(reported) => {
            let participant = reported.participant.as_deref().unwrap_or_default();
            EventId::derive(fact.event_type(), &[&project, &reported.wamid, &reported.status, participant])
        }
        ConversationEvent::FlowSubmitted(submitted) => EventId::derive(fact.event_type(), &[&project, &submitted.message.to_string()]),
        ConversationEvent::ContactFirstSeen(_)
        | ConversationEvent::ContactIdentityLinked(_)
        | ConversationEvent::ContactIdentityReplaced(_)
        | ConversationEvent::ContactIdentityUnlinked(_)
        | ConversationEvent::ContactProfileChanged(_)
        | ConversationEvent::ContactPreferenceChanged(_)
        | ConversationEvent::ContactMerged(_)
        | ConversationEvent::ContactAbsorbed(_)
        | ConversationEvent::ConversationOpened(_)
        | ConversationEvent::ConversationClosed(_)
        | ConversationEvent::ConversationStateChanged(_)
        | ConversationEvent::UnassignedItemReceived(_)
        | ConversationEvent::ConversationReopened(_)
        | ConversationEvent::MessageRequested(_)
        | ConversationEvent::SendStarted(_)
        | ConversationEvent::SendDeferred(_)
        | ConversationEvent::SendOutcomeUnknown(_)
        | ConversationEvent::MessageAccepted(_)
        | ConversationEvent::MessageFailed(_)
        | ConversationEvent::MessageAbandoned(_)
        | ConversationEvent::ReadRequested(_)
        | ConversationEvent::ReadSettled(_) => {
            let parts = [&*project, &contact.to_string(), &item.to_string(), &part.to_string()];
            EventId::derive_from_bytes(fact.event_type(), &parts, &fact.encode())
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use contract::{ContactIdentityLinked, Identity, IdentityKind, MessageStatusReported, RawJson};
    use ulid::Ulid;

    use super::*;

    fn linked(value: &str) -> ConversationEvent {
        let identity = Identity { kind: IdentityKind::Phone, value: value.to_owned() };
        ContactIdentityLinked { identity, at: DateTime::UNIX_EPOCH }.into()
    }

    fn status(status: &str, raw: &str) -> ConversationEvent {
        let raw = RawJson::parse(raw).unwrap();
        let (wamid, status) = ("w".to_owned(), status.to_owned());
        MessageStatusReported { wamid, status, participant: None, at: DateTime::UNIX_EPOCH, error_code: None, raw }.into()
    }

    #[test]
    fn an_event_id_belongs_to_one_fact() {
        let project = ProjectId::from_ulid(Ulid::from_parts(1, 1));
        let (one, other) = (ContactId::from_ulid(Ulid::from_parts(1, 1)), ContactId::from_ulid(Ulid::from_parts(1, 2)));
        let item = EventId::from_ulid(Ulid::from_parts(1, 1));
        let of = |contact, fact: &ConversationEvent, part| id(project, contact, fact, item, part);
        assert_eq!(of(one, &linked("1"), 0), of(one, &linked("1"), 0));
        assert_ne!(of(one, &linked("1"), 0), of(one, &linked("2"), 0), "the same step of another decision");
        assert_ne!(of(one, &linked("1"), 0), of(other, &linked("1"), 0));
        assert_ne!(of(one, &linked("1"), 0), of(one, &linked("1"), 1));
        // Whoever reports it, and whatever else was decided.
        assert_eq!(
            of(one, &status("read", "{}"), 0),
            id(project, other, &status("read", "[]"), EventId::from_ulid(Ulid::from_parts(9, 9)), 3)
        );
        assert_ne!(of(one, &status("read", "{}"), 0), of(one, &status("sent", "{}"), 0));
    }
}
