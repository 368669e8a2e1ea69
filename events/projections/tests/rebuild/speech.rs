//! What is sent by us: requests, our own steps, acceptances, and submissions of Flows.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    Address, ConversationEvent, ConversationReopened, FlowId, FlowSubmitted, FlowToken, MessageAbandoned, MessageAccepted, MessageFailed,
    MessageId, MessageRequested, RawJson, ReadRequested, ReadSettled, SendDeferred, SendOutcomeUnknown, SendStarted,
};
use ulid::Ulid;

use crate::scenario::{Person, start};

/// A step that is no acceptance.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Started,
    Deferred,
    Unknown,
    Failed,
    Abandoned,
    Read,
    ReadSettled,
}

impl Step {
    pub(crate) const ALL: [Self; 7] =
        [Self::Started, Self::Deferred, Self::Unknown, Self::Failed, Self::Abandoned, Self::Read, Self::ReadSettled];
}

fn at(index: u64, second: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(i64::try_from(index).expect("valid") * 7 + second)
}

impl Person {
    /// Our id of the message that is asked for with that number.
    pub(crate) fn asked(&self, index: u64) -> MessageId {
        MessageId::of_request(self.project, self.contact, &format!("key-{index}"))
    }

    pub(crate) fn requested(&self, index: u64, to: Option<u64>) -> ConversationEvent {
        self.request(index, to).into()
    }

    /// A text, or a reaction to message number `to`.
    pub(crate) fn request(&self, index: u64, to: Option<u64>) -> MessageRequested {
        let kind = if to.is_some() { "reaction" } else { "text" };
        let at = at(index, 100);
        MessageRequested {
            message: self.asked(index),
            conversation: self.conversation,
            kind: kind.to_owned(),
            text: Some(format!("Answer {index}")),
            reply_to: None,
            target: to.map(|to| self.wamid(to)),
            to: Address::UserId("US.1".to_owned()),
            template: None,
            flow: None,
            files: Vec::new(),
            digest: "00".to_owned(),
            content: RawJson::parse(&format!(r#"{{"type":"{kind}", "index":{index}}}"#)).expect("valid"),
            at,
            expires_at: at + TimeDelta::days(1),
        }
    }

    pub(crate) fn step_of(&self, index: u64, step: Step) -> ConversationEvent {
        let (message, reason) = (self.asked(index), "because".to_owned());
        match step {
            Step::Started => SendStarted { message, attempt: 1, phone_number_id: "1065".to_owned(), at: at(index, 101) }.into(),
            Step::Deferred => {
                let (retry_at, at) = (at(index, 130), at(index, 102));
                SendDeferred { message, attempt: 1, meta_code: Some(131_056), reason, retry_at, at }.into()
            }
            Step::Unknown => {
                let (settle_by, at) = (at(index, 900), at(index, 103));
                SendOutcomeUnknown { message, attempt: 1, reason, settle_by, at }.into()
            }
            Step::Failed => {
                MessageFailed { message, code: "refused".to_owned(), meta_code: Some(131_047), reason, at: at(index, 104) }.into()
            }
            Step::Abandoned => MessageAbandoned { message, reason, at: at(index, 105) }.into(),
            Step::Read => ReadRequested { message, wamid: self.wamid(index), typing: true, at: at(index, 106) }.into(),
            Step::ReadSettled => ReadSettled { message, shown: true, reason: None, at: at(index, 107) }.into(),
        }
    }

    pub(crate) fn accepted(&self, index: u64, wamid: &str) -> ConversationEvent {
        let (message, wamid, at) = (self.asked(index), wamid.to_owned(), at(index, 110));
        MessageAccepted { message, wamid, attempt: 1, held_as: None, settled_by_status: false, at }.into()
    }

    pub(crate) fn reopened(&self) -> ConversationEvent {
        ConversationReopened { conversation: self.conversation, by: "key_bot".to_owned(), at: start() }.into()
    }

    /// What message number `index` of the contact brought.
    pub(crate) fn submitted(&self, index: u64) -> ConversationEvent {
        let token = FlowToken { flow: FlowId::from_ulid(Ulid::from_parts(5, 5)), revision: 3, request: self.asked(0) };
        FlowSubmitted {
            message: self.said(index, "interactive", None).message,
            conversation: self.conversation,
            flow: Some(token.flow),
            revision: Some(token.revision),
            request: Some(token.request),
            flow_token: Some(token.to_string()),
            response: RawJson::parse(r#"{"size": 42.0}"#).expect("valid"),
            at: at(index, 0),
        }
        .into()
    }
}
