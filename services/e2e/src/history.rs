//! Writes a project with a long history into the log, as the recorder would have written it: many people, each with one conversation and
//! the same number of messages.

use chassis::Clock;
use chrono::DateTime;
use contract::{
    ContactFirstSeen, ContactId, ContactProfile, Context, ConversationEvent, ConversationId, ConversationOpened, Event, EventId, Identity,
    IdentityKind, Message, MessageId, MessageReceived, NewEvent, ProjectId, RawJson, Subject,
};
use futures::StreamExt;
use journal::{Expect, Journal};
use serde_json::json;

/// Appends on their way at once.
const AT_ONCE: usize = 64;
/// Seconds between two messages of a person.
const STEP_S: i64 = 60;

/// See the module.
#[derive(Clone, Copy)]
pub struct History {
    /// Whose.
    pub project: ProjectId,
    /// How many people.
    pub people: usize,
    /// How many messages of each.
    pub messages_each: usize,
    /// Meta's time stamp of the first of each.
    pub first_second: i64,
}

impl History {
    /// Puts it all into the log.
    ///
    /// # Panics
    /// The log does not take it.
    pub async fn store(self, journal: &Journal) {
        let appends = futures::stream::iter(0..self.people).map(|person| async move {
            let subject = Subject::conversation(self.project, self.contact(person));
            journal.append(&subject, Expect::New, self.events(person)).await.expect("it is stored");
        });
        appends.buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    /// How many events that is.
    pub fn events_in_all(self) -> u64 {
        (self.people * (self.messages_each + 2)) as u64
    }

    /// A person.
    pub fn contact(self, person: usize) -> ContactId {
        ContactId::derive(self.project, &identity(person))
    }

    /// Their number, as Meta writes it.
    pub fn wa_id(person: usize) -> String {
        wa_id(person)
    }

    /// Their conversation.
    pub fn conversation(self, person: usize) -> ConversationId {
        let first = MessageId::derive(self.project, &wamid(person, 0), (self.first_second * 1_000).unsigned_abs());
        ConversationId::derive(self.contact(person), first)
    }

    fn events(self, person: usize) -> Vec<NewEvent> {
        let conversation = self.conversation(person);
        let at = DateTime::from_timestamp(self.first_second, 0).expect("a time");
        let profile = ContactProfile { name: Some(format!("Person {person}")), username: None, wa_id: Some(wa_id(person)) };
        let opened = ConversationOpened { conversation, group: None, state: None, inherited_from: None, at };
        let beginning: [ConversationEvent; 2] =
            [ContactFirstSeen { identities: vec![identity(person)], profile, at }.into(), opened.into()];
        let messages = (0..self.messages_each).map(|index| MessageReceived(self.message(person, index, conversation)).into());
        let envelope = |(index, fact): (usize, ConversationEvent)| {
            let id = EventId::derive("bench.history", &[&self.project.to_string(), &person.to_string(), &index.to_string()]);
            fact.into_new(id, "/paige/bench", Clock::System.now(), Context::default())
        };
        beginning.into_iter().chain(messages).enumerate().map(envelope).collect()
    }

    fn message(self, person: usize, index: usize, conversation: ConversationId) -> Message {
        let (wamid, second) = (wamid(person, index), self.first_second + index as i64 * STEP_S);
        let text = format!("Message {index}: do you have a table for two tonight? We would be there at eight, by the window.");
        let raw = json!({
            "from": wa_id(person), "id": wamid, "timestamp": second.to_string(), "type": "text", "text": { "body": text }
        });
        Message {
            message: MessageId::derive(self.project, &wamid, (second * 1_000).unsigned_abs()),
            conversation,
            wamid,
            sent_at: DateTime::from_timestamp(second, 0).expect("a time"),
            kind: "text".to_owned(),
            text: Some(text),
            reply_to: None,
            target: None,
            group: None,
            raw: RawJson::parse(&raw.to_string()).expect("JSON"),
        }
    }
}

fn wamid(person: usize, index: usize) -> String {
    format!("wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQz{person:06}{index:06}AA==")
}

fn wa_id(person: usize) -> String {
    format!("1650{person:07}")
}

fn identity(person: usize) -> Identity {
    Identity { kind: IdentityKind::Phone, value: wa_id(person) }
}
