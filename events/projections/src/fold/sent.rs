//! What is sent by us: a row from the moment it is asked for, our own steps in the ledger beside Meta's statuses, Meta's id as soon as
//! there is one.
//!
//! Our steps lie in the ledger under our id of the message, Meta's statuses under Meta's, so that the order in which they arrive is of no
//! matter. Of each kind of step the first one counts, as with Meta's. A step of a message that nobody asked for is left alone.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{Direction, MessageId, RawJson};

use super::{On, clean};
use crate::rows::{Message, MessageRest, NewMessage, Status, Submission, Summary};
use crate::summary::FAILED;

/// The first step, in the ledger without content: the row has it.
const REQUESTED: &str = "requested";
const ACCEPTED: &str = "accepted";

impl On<'_> {
    pub(super) fn requested(self, requested: contract::MessageRequested) {
        let (contact_id, sequence, at) = (self.contact, self.event.sequence, requested.at);
        let asked: Arc<str> = requested.message.to_string().into();
        if !self.rows.has_message(&asked) {
            self.rows.conversations.change(&requested.conversation, |conversation| {
                conversation.message_count += 1;
                conversation.last_message_at = conversation.last_message_at.max(Some(at));
                conversation.version = sequence;
            });
            self.rows.add_status(self.step(asked.clone(), REQUESTED, at, None, None));
            let rest = NewMessage {
                id: requested.message,
                conversation_id: requested.conversation,
                origin: "api",
                sent_by: self.event.context.actor.clone().map(clean),
                reply_to_wamid: requested.reply_to.map(clean),
                group_id: None,
                recorded_at: self.event.time,
                content: requested.content,
                sequence,
            };
            self.rows.add_message(Message {
                wamid: asked.clone(),
                asked_as: Some(asked),
                contact_id,
                direction: Direction::Outbound.as_str().to_owned(),
                kind: clean(requested.kind),
                text: requested.text.map(clean),
                target_wamid: requested.target.map(|target| clean(target).into()),
                sent_at: at,
                rest: MessageRest::New(Box::new(rest)),
                summary: Summary::default(),
            });
        }
        self.with_contact(|contact| contact.last_message_at = contact.last_message_at.max(Some(at)));
    }

    pub(super) fn started(self, started: &contract::SendStarted) {
        self.stepped(started.message, "sending", started.at, None);
    }

    pub(super) fn deferred(self, deferred: &contract::SendDeferred) {
        self.stepped(deferred.message, "waiting", deferred.at, deferred.meta_code);
    }

    pub(super) fn outcome_unknown(self, unknown: &contract::SendOutcomeUnknown) {
        self.stepped(unknown.message, "unknown", unknown.at, None);
    }

    pub(super) fn failed(self, failed: &contract::MessageFailed) {
        self.stepped(failed.message, FAILED, failed.at, failed.meta_code);
    }

    pub(super) fn abandoned(self, abandoned: &contract::MessageAbandoned) {
        self.stepped(abandoned.message, "abandoned", abandoned.at, None);
    }

    /// An id of Meta's that another row has already stays there: each has what was said of it. The message that we asked for keeps our id
    /// then, and so does one that was accepted before under another id. The ledger has such an acceptance under Meta's id too.
    pub(super) fn accepted(self, accepted: contract::MessageAccepted) {
        let (asked, wamid): (Arc<str>, Arc<str>) = (accepted.message.to_string().into(), clean(accepted.wamid).into());
        if self.rows.has_asked(self.contact, &asked) {
            self.rows.add_status(self.step(asked.clone(), ACCEPTED, accepted.at, None, self.content()));
            if !self.rows.accept(&asked, &wamid) {
                self.rows.add_status(self.step(wamid, ACCEPTED, accepted.at, None, self.content()));
            }
        }
        self.with_contact(|_| {});
    }

    pub(super) fn reopened(self, reopened: &contract::ConversationReopened) {
        let sequence = self.event.sequence;
        self.rows.conversations.change(&reopened.conversation, |conversation| {
            conversation.reopened_at = Some(reopened.at);
            conversation.closed_at = None;
            conversation.close_reason = None;
            conversation.version = sequence;
        });
        self.with_contact(|_| {});
    }

    pub(super) fn submitted(self, submitted: contract::FlowSubmitted) {
        let row = Submission {
            message_id: submitted.message,
            contact_id: self.contact,
            conversation_id: submitted.conversation,
            flow_id: submitted.flow,
            revision: submitted.revision,
            request_id: submitted.request,
            flow_token: submitted.flow_token.map(clean),
            response: submitted.response,
            at: submitted.at,
            sequence: self.event.sequence,
        };
        self.rows.submissions.put_new((row.message_id, row.contact_id), row);
        self.with_contact(|_| {});
    }

    fn stepped(self, message: MessageId, step: &'static str, at: DateTime<Utc>, meta_code: Option<i64>) {
        let asked: Arc<str> = message.to_string().into();
        if self.rows.has_asked(self.contact, &asked) {
            self.rows.add_status(self.step(asked, step, at, meta_code, self.content()));
        }
        self.with_contact(|_| {});
    }

    fn step(&self, name: Arc<str>, step: &str, at: DateTime<Utc>, error_code: Option<i64>, content: Option<RawJson>) -> Status {
        Status {
            wamid: name,
            status: step.to_owned(),
            participant: String::new(),
            contact_id: self.contact,
            at,
            error_code,
            content,
            sequence: self.event.sequence,
        }
    }

    /// The event as it is written.
    fn content(&self) -> Option<RawJson> {
        RawJson::parse(std::str::from_utf8(&self.event.data).ok()?).ok()
    }
}
