//! Conversations as they come: people who write, are answered, react, and the statuses of it all.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    ContactFirstSeen, ContactId, ContactProfile, ConversationEvent, ConversationId, ConversationOpened, ConversationStateChanged, Event,
    EventId, Identity, IdentityKind, Message, MessageEchoed, MessageId, MessageReceived, MessageStatusReported, NewEvent, ProjectId,
    RawJson,
};

/// Events of one person's conversation.
pub(crate) const EVENTS_PER_CONTACT: usize = 20;

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_992_403, 0).expect("valid")
}

/// A person, known by number and by user id.
pub(crate) struct Person {
    pub(crate) project: ProjectId,
    pub(crate) contact: ContactId,
    pub(crate) conversation: ConversationId,
    digits: String,
    bsuid: String,
}

impl Person {
    pub(crate) fn new(project: ProjectId, number: u64) -> Self {
        let digits = format!("1650{number:07}");
        let bsuid = format!("US.13491208655302741{number:08}");
        let contact = ContactId::derive(project, &Identity { kind: IdentityKind::Bsuid, value: bsuid.clone() });
        let first = MessageId::derive(project, &wamid(&digits, 0), 1_794_992_403_000);
        Self { project, contact, conversation: ConversationId::derive(contact, first), digits, bsuid }
    }

    pub(crate) fn wamid(&self, index: u64) -> String {
        wamid(&self.digits, index)
    }

    pub(crate) fn first_seen(&self) -> ConversationEvent {
        let identities = vec![
            Identity { kind: IdentityKind::Bsuid, value: self.bsuid.clone() },
            Identity { kind: IdentityKind::Phone, value: self.digits.clone() },
        ];
        let profile = ContactProfile { name: Some(format!("Person {}", self.digits)), username: None, wa_id: Some(self.digits.clone()) };
        ContactFirstSeen { identities, profile, at: start() }.into()
    }

    pub(crate) fn opened(&self) -> ConversationEvent {
        ConversationOpened { conversation: self.conversation, group: None, state: None, inherited_from: None, at: start() }.into()
    }

    pub(crate) fn state(&self, version: u32) -> ConversationEvent {
        let (from, to) = ((version > 1).then(|| format!("step-{}", version - 1)), format!("step-{version}"));
        let (by, why) = ("key_bot".to_owned(), Some("answered".to_owned()));
        ConversationStateChanged { conversation: self.conversation, from, to, version, by, why, at: start() }.into()
    }

    pub(crate) fn said(&self, index: u64, kind: &str, target: Option<u64>) -> Message {
        let sent_at = start() + TimeDelta::seconds(i64::try_from(index).expect("valid") * 7);
        let (wamid, text) =
            (self.wamid(index), format!("Message {index}: is the blue one still available in size 42, and when could you send it?"));
        let raw = format!(
            r#"{{"from":"{}","from_user_id":"{}","id":"{wamid}","timestamp":"{}","text":{{"body":"{text}"}},"type":"{kind}"}}"#,
            self.digits,
            self.bsuid,
            sent_at.timestamp()
        );
        Message {
            message: MessageId::derive(self.project, &wamid, u64::try_from(sent_at.timestamp_millis()).expect("valid")),
            conversation: self.conversation,
            wamid,
            sent_at,
            kind: kind.to_owned(),
            text: Some(text),
            reply_to: None,
            target: target.map(|target| self.wamid(target)),
            group: None,
            raw: RawJson::parse(&raw).expect("valid"),
        }
    }

    pub(crate) fn received(&self, index: u64) -> ConversationEvent {
        MessageReceived(self.said(index, "text", None)).into()
    }

    pub(crate) fn reacted(&self, index: u64, to: u64) -> ConversationEvent {
        MessageReceived(self.said(index, "reaction", Some(to))).into()
    }

    pub(crate) fn echoed(&self, index: u64) -> ConversationEvent {
        MessageEchoed(self.said(index, "text", None)).into()
    }

    pub(crate) fn status(&self, of: u64, status: &str) -> ConversationEvent {
        let at = start() + TimeDelta::seconds(i64::try_from(of).expect("valid") * 7 + 2);
        let raw = format!(
            r#"{{"id":"{}","status":"{status}","timestamp":"{}","recipient_id":"{}"}}"#,
            self.wamid(of),
            at.timestamp(),
            self.digits
        );
        let raw = RawJson::parse(&raw).expect("valid");
        MessageStatusReported { wamid: self.wamid(of), status: status.to_owned(), participant: None, at, error_code: None, raw }.into()
    }

    /// The `step`th event of this person's conversation; steps from 0 to [`EVENTS_PER_CONTACT`].
    pub(crate) fn step(&self, step: usize) -> ConversationEvent {
        match step {
            0 => self.first_seen(),
            1 => self.opened(),
            5 => self.echoed(5),
            6 => self.status(5, "sent"),
            7 => self.status(5, "delivered"),
            9 => self.echoed(9),
            10 => self.status(9, "delivered"),
            11 => self.status(9, "sent"),
            12 => self.state(1),
            14 => self.reacted(14, 9),
            15 => self.echoed(15),
            16 => self.status(15, "sent"),
            17 => self.status(15, "read"),
            other => self.received(other as u64),
        }
    }
}

fn wamid(digits: &str, index: u64) -> String {
    format!("wamid.HBgL{digits}FQIAERgSQUI3{:018X}AA==", index.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Into an envelope; `number` makes it another event.
pub(crate) fn envelope(event: ConversationEvent, number: u64) -> NewEvent {
    let id = EventId::derive("scenario", &[&number.to_string()]);
    event.into_new(id, "/paige/scenario", start(), contract::Context::default())
}
