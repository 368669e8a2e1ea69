//! The fold: what an event does to the rows. The only place where that is said; the live projector and the rebuild are two
//! drivers of it.
//!
//! Closed per contact: an event touches rows of the contact on whose subject it is, and its outcome depends on no other
//! contact's rows. So a rebuild can go through the log in parts, and a part is exact by itself.

mod sent;

use std::sync::Arc;

use contract::{ContactId, ConversationEvent, Direction, Identity, IdentityKind, Recorded};

use crate::held::Rows;
use crate::rows::{
    Contact, Conversation, IdentityLink, Message, MessageRest, NewMessage, Preference, StateChange, Status, Summary, Unassigned,
};

/// The type of what WhatsApp says itself in a person's name, such as that their number changed: it opens no window at Meta, so it is not
/// the last that was heard of them.
const SAID_BY_WHATSAPP: &str = "system";

/// Applies one event. `contact` is the one that the event's subject names; items that name nobody have none.
///
/// Never fails: an event that refers to rows which are not there leaves them alone, so that a log with a hole in it still has
/// tables, and the same ones every time.
pub fn fold(rows: &mut Rows, contact: Option<ContactId>, event: &Recorded, fact: ConversationEvent) {
    let Some(contact) = contact else {
        if let ConversationEvent::UnassignedItemReceived(item) = fact {
            let item = Unassigned { id: event.id, sequence: event.sequence, key: clean(item.key), at: event.time, content: item.raw };
            rows.unassigned.put_new(event.id, item);
        }
        return;
    };
    if rows.contacts.get(&contact).is_some_and(|known| event.sequence <= known.version) {
        return;
    }
    let on = On { rows, contact, event };
    match fact {
        ConversationEvent::ContactFirstSeen(seen) => on.first_seen(seen),
        ConversationEvent::ContactIdentityLinked(linked) => on.linked(linked.identity, linked.at),
        ConversationEvent::ContactIdentityReplaced(replaced) => on.replaced(replaced),
        ConversationEvent::ContactIdentityUnlinked(unlinked) => on.unlinked(&unlinked.identity),
        ConversationEvent::ContactProfileChanged(changed) => on.profile(changed),
        ConversationEvent::ContactPreferenceChanged(changed) => on.preference(changed),
        ConversationEvent::ContactMerged(merged) => on.with_contact(|contact| contact.merged_into = Some(merged.into)),
        ConversationEvent::ContactAbsorbed(absorbed) => on.absorbed(absorbed),
        ConversationEvent::ConversationOpened(opened) => on.opened(opened),
        ConversationEvent::ConversationClosed(closed) => on.closed(&closed),
        ConversationEvent::ConversationStateChanged(changed) => on.state(changed),
        ConversationEvent::MessageReceived(received) => on.message(received.0, Direction::Inbound, "live"),
        ConversationEvent::MessageEchoed(echoed) => on.message(echoed.0, Direction::Outbound, "app"),
        ConversationEvent::MessageImported(imported) => on.imported(imported),
        ConversationEvent::MessageStatusReported(reported) => on.status(reported),
        ConversationEvent::UnassignedItemReceived(_) => {}
        ConversationEvent::ConversationReopened(reopened) => on.reopened(&reopened),
        ConversationEvent::FlowSubmitted(submitted) => on.submitted(submitted),
        ConversationEvent::MessageRequested(requested) => on.requested(requested),
        ConversationEvent::SendStarted(started) => on.started(&started),
        ConversationEvent::SendDeferred(deferred) => on.deferred(&deferred),
        ConversationEvent::SendOutcomeUnknown(unknown) => on.outcome_unknown(&unknown),
        ConversationEvent::MessageAccepted(accepted) => on.accepted(accepted),
        ConversationEvent::MessageFailed(failed) => on.failed(&failed),
        ConversationEvent::MessageAbandoned(abandoned) => on.abandoned(&abandoned),
        // That a message of the contact's was read changes no row of it.
        ConversationEvent::ReadRequested(_) | ConversationEvent::ReadSettled(_) => on.with_contact(|_| {}),
    }
}

struct On<'a> {
    rows: &'a mut Rows,
    contact: ContactId,
    event: &'a Recorded,
}

impl On<'_> {
    fn first_seen(self, seen: contract::ContactFirstSeen) {
        if self.rows.contacts.get(&self.contact).is_some() {
            return self.with_contact(|_| {});
        }
        let mut contact = Contact {
            id: self.contact,
            phone: None,
            wa_id: None,
            bsuid: None,
            parent_bsuid: None,
            name: seen.profile.name.map(clean),
            username: seen.profile.username.map(clean),
            preferences: std::collections::BTreeMap::new(),
            merged_into: None,
            first_seen_at: seen.at,
            last_message_at: None,
            last_inbound_at: None,
            profile_at: seen.at,
            version: self.event.sequence,
        };
        write_to(&mut contact, seen.profile.wa_id);
        for identity in seen.identities {
            show(&mut contact, &identity);
            self.rows.link(self.contact, identity, IdentityLink { current: true, linked_at: seen.at, sequence: self.event.sequence });
        }
        self.rows.contacts.put(self.contact, contact);
    }

    fn linked(self, identity: Identity, at: chrono::DateTime<chrono::Utc>) {
        let link = IdentityLink { current: true, linked_at: at, sequence: self.event.sequence };
        self.rows.link(self.contact, identity.clone(), link);
        self.with_contact(|contact| show(contact, &identity));
    }

    fn replaced(self, replaced: contract::ContactIdentityReplaced) {
        let sequence = self.event.sequence;
        self.rows.link(self.contact, replaced.previous, IdentityLink { current: false, linked_at: replaced.at, sequence });
        self.rows.link(self.contact, replaced.current.clone(), IdentityLink { current: true, linked_at: replaced.at, sequence });
        self.with_contact(|contact| show(contact, &replaced.current));
    }

    fn unlinked(self, identity: &Identity) {
        self.rows.unlink(self.contact, identity);
        self.with_contact(|contact| {
            if let Some(column) = column(contact, identity.kind)
                && column.as_deref() == Some(&*identity.value)
            {
                *column = None;
            }
        });
    }

    fn profile(self, changed: contract::ContactProfileChanged) {
        self.with_contact(|contact| {
            contact.name = changed.profile.name.map(clean);
            contact.username = changed.profile.username.map(clean);
            write_to(contact, changed.profile.wa_id);
            contact.profile_at = changed.at;
        });
    }

    fn preference(self, changed: contract::ContactPreferenceChanged) {
        self.with_contact(|contact| {
            contact.preferences.insert(clean(changed.category), Preference { value: clean(changed.value), at: changed.at });
        });
    }

    /// What was absorbed leads here from now on. Which of it the contact has now, the events after it say: the fold sees only this
    /// contact and could not choose between two numbers.
    fn absorbed(self, absorbed: contract::ContactAbsorbed) {
        for identity in absorbed.identities {
            let link = IdentityLink { current: false, linked_at: absorbed.at, sequence: self.event.sequence };
            self.rows.link(self.contact, identity, link);
        }
        self.with_contact(|_| {});
    }

    fn opened(self, opened: contract::ConversationOpened) {
        let conversation = Conversation {
            id: opened.conversation,
            contact_id: self.contact,
            group_id: opened.group.map(clean),
            state: opened.state.map(clean),
            state_version: 0,
            inherited_from: opened.inherited_from,
            opened_at: opened.at,
            reopened_at: None,
            closed_at: None,
            close_reason: None,
            last_message_at: None,
            last_inbound_at: None,
            message_count: 0,
            version: self.event.sequence,
        };
        self.rows.conversations.put_new(opened.conversation, conversation);
        self.with_contact(|_| {});
    }

    fn closed(self, closed: &contract::ConversationClosed) {
        let sequence = self.event.sequence;
        self.rows.conversations.change(&closed.conversation, |conversation| {
            conversation.closed_at = Some(closed.at);
            conversation.close_reason = Some(
                match closed.reason {
                    contract::CloseReason::Idle => "idle",
                    contract::CloseReason::Request => "request",
                }
                .to_owned(),
            );
            conversation.version = sequence;
        });
        self.with_contact(|_| {});
    }

    fn state(self, changed: contract::ConversationStateChanged) {
        let sequence = self.event.sequence;
        let row = StateChange {
            conversation_id: changed.conversation,
            version: changed.version,
            contact_id: self.contact,
            from_state: changed.from.map(clean),
            to_state: clean(changed.to),
            changed_by: clean(changed.by),
            why: changed.why.map(clean),
            at: changed.at,
            sequence,
        };
        self.rows.conversations.change(&changed.conversation, |conversation| {
            conversation.state = Some(row.to_state.clone());
            conversation.state_version = row.version;
            conversation.version = sequence;
        });
        self.rows.state_changes.put_new((row.conversation_id, row.version), row);
        self.with_contact(|_| {});
    }

    fn imported(self, imported: contract::MessageImported) {
        if let Some(status) = imported.status {
            let (wamid, at) = (Arc::from(clean(imported.message.wamid.clone())), imported.message.sent_at);
            let (contact_id, sequence) = (self.contact, self.event.sequence);
            let status = Status {
                wamid,
                status: clean(status),
                participant: String::new(),
                contact_id,
                at,
                error_code: None,
                content: None,
                sequence,
            };
            self.rows.add_status(status);
        }
        self.message(imported.message, imported.direction, "import");
    }

    fn message(self, said: contract::Message, direction: Direction, origin: &'static str) {
        let (contact_id, sequence, sent_at) = (self.contact, self.event.sequence, said.sent_at);
        let wamid: Arc<str> = clean(said.wamid).into();
        let inbound = direction == Direction::Inbound && said.kind != SAID_BY_WHATSAPP;
        if !self.rows.has_message(&wamid) {
            self.rows.conversations.change(&said.conversation, |conversation| {
                conversation.message_count += 1;
                conversation.last_message_at = conversation.last_message_at.max(Some(sent_at));
                if inbound {
                    conversation.last_inbound_at = conversation.last_inbound_at.max(Some(sent_at));
                }
                conversation.version = sequence;
            });
            let rest = NewMessage {
                id: said.message,
                conversation_id: said.conversation,
                origin,
                sent_by: None,
                reply_to_wamid: said.reply_to.map(clean),
                group_id: said.group.map(clean),
                recorded_at: self.event.time,
                content: said.raw,
                sequence,
            };
            self.rows.add_message(Message {
                wamid,
                asked_as: None,
                contact_id,
                direction: direction.as_str().to_owned(),
                kind: clean(said.kind),
                text: said.text.map(clean),
                target_wamid: said.target.map(|target| clean(target).into()),
                sent_at,
                rest: MessageRest::New(Box::new(rest)),
                summary: Summary::default(),
            });
        }
        self.with_contact(|contact| {
            contact.last_message_at = contact.last_message_at.max(Some(sent_at));
            if inbound {
                contact.last_inbound_at = contact.last_inbound_at.max(Some(sent_at));
            }
        });
    }

    fn status(self, reported: contract::MessageStatusReported) {
        self.rows.add_status(Status {
            wamid: clean(reported.wamid).into(),
            status: clean(reported.status),
            participant: reported.participant.map(clean).unwrap_or_default(),
            contact_id: self.contact,
            at: reported.at,
            error_code: reported.error_code,
            content: Some(reported.raw),
            sequence: self.event.sequence,
        });
        self.with_contact(|_| {});
    }

    /// Every event moves its contact's version: the token that the next append must expect.
    fn with_contact(self, change: impl FnOnce(&mut Contact)) {
        let sequence = self.event.sequence;
        self.rows.contacts.change(&self.contact, |contact| {
            change(contact);
            contact.version = sequence;
        });
    }
}

fn show(contact: &mut Contact, identity: &Identity) {
    if let Some(column) = column(contact, identity.kind) {
        *column = Some(clean(identity.value.clone()));
    }
}

/// A phone identity is a key for comparing, not a number to show: the number comes with the profile.
fn column(contact: &mut Contact, kind: IdentityKind) -> Option<&mut Option<String>> {
    match kind {
        IdentityKind::Bsuid => Some(&mut contact.bsuid),
        IdentityKind::ParentBsuid => Some(&mut contact.parent_bsuid),
        IdentityKind::Phone => None,
    }
}

/// The number as Meta writes it, and as people do.
fn write_to(contact: &mut Contact, wa_id: Option<String>) {
    contact.wa_id = wa_id.map(clean);
    contact.phone = contact.wa_id.as_ref().map(|digits| format!("+{digits}"));
}

/// Postgres has no NUL in a text.
fn clean(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
