//! What a batch decided and the log does not have yet: per contact, in order, appended together.

use contract::{ContactId, ConversationEvent, Event, EventId, NewEvent, ProjectId, Subject};
use futures::future::try_join_all;
use journal::{Append, AppendError, Expect, Journal};

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

impl Outbox {
    /// Adds a decision.
    pub(crate) fn add(&mut self, heard: &Heard<'_>, decided: Vec<(ContactId, ConversationEvent)>) {
        self.together |= decided.windows(2).any(|pair| pair[0].0 != pair[1].0);
        for (part, (contact, fact)) in decided.into_iter().enumerate() {
            let id = EventId::derive(fact.event_type(), &[&heard.id.to_string(), &part.to_string()]);
            let event = fact.into_new(id, SOURCE, heard.event.time, heard.context());
            self.events += 1;
            self.bytes += event.data.len();
            match self.contacts.iter_mut().rev().find(|(id, _)| *id == contact) {
                Some((_, events)) => events.push(event),
                None => self.contacts.push((contact, vec![event])),
            }
        }
    }

    pub(crate) fn add_unassigned(&mut self, event: NewEvent) {
        self.events += 1;
        self.bytes += event.data.len();
        self.unassigned.push(event);
    }

    pub(crate) fn is_full(&self) -> bool {
        let of_one = self.contacts.iter().map(|(_, events)| events.len()).max().unwrap_or(0);
        self.events >= EVENTS_MAX || self.bytes >= BYTES_MAX || of_one >= CONTACT_EVENTS_MAX
    }

    /// Appends everything. Contacts are independent of each other unless a decision spans several.
    pub(crate) async fn flush(&mut self, journal: &Journal, project: ProjectId, view: &mut View) -> Result<(), AppendError> {
        let Outbox { contacts, unassigned, together, .. } = std::mem::take(self);
        let ids: Vec<ContactId> = contacts.iter().map(|(id, _)| *id).collect();
        let appends: Vec<Append> = contacts
            .into_iter()
            .map(|(id, events)| {
                let version = view.contact(id).map_or(0, |contact| contact.version);
                let expect = if version == 0 { Expect::New } else { Expect::At(version) };
                Append { subject: Subject::conversation(project, id), expect, events }
            })
            .collect();
        let nobody = Subject::unassigned(project);
        let loose = try_join_all(unassigned.into_iter().map(|event| journal.append(&nobody, Expect::Any, vec![event])));
        let positions = if together {
            journal.append_all(appends).await?
        } else {
            try_join_all(appends.into_iter().map(|append| async move {
                let Append { subject, expect, events } = append;
                journal.append(&subject, expect, events).await
            }))
            .await?
        };
        let loose = loose.await?;
        let last = positions.iter().chain(&loose).map(|position| position.sequence).max();
        if let Some(last) = last {
            view.stored(ids.into_iter().zip(positions.iter().map(|position| position.sequence)), last);
        }
        Ok(())
    }
}
