//! What an item means. Pure: everything it depends on is an argument, so the same log gives the same decisions.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    CloseReason, ContactId, ContactIdentityReplaced, ContactPreferenceChanged, ContactProfile, ContactProfileChanged, ConversationClosed,
    ConversationEvent, ConversationId, ConversationOpened, Direction, Message, MessageEchoed, MessageId, MessageImported, MessageReceived,
    MessageStatusReported, ProjectId,
};

use crate::contact::Contact;
use crate::items::{How, Item, Replaced, Said, What};
use crate::resolve::resolve;
use crate::view::View;

/// What a decision needs to know of a project.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Project {
    /// Which.
    pub id: ProjectId,
    /// After how long without a message a conversation ends; `None`: never.
    pub conversation_idle: Option<TimeDelta>,
}

/// The events that follow from an item, each with the contact whose subject it goes to. Applies them to `view` as it goes, so that the
/// next item builds on them.
///
/// Empty: everything the item says is recorded already.
pub fn decide(project: Project, view: &mut View, item: &Item) -> Vec<(ContactId, ConversationEvent)> {
    if is_recorded(view, item) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let Some(contact) = contact_of(project, view, item, &mut out) else { return out };
    match &item.what {
        What::Said(said) => {
            let conversation = conversation_for(project, view, contact, item.at, said, &mut out);
            push(view, &mut out, contact, message(project, said, conversation, item.at));
            changed(view, &mut out, contact, &said.replaced, item.at);
        }
        What::Status { wamid, status, participant, error_code, raw } => {
            let reported = MessageStatusReported {
                wamid: wamid.clone(),
                status: status.clone(),
                participant: participant.clone(),
                at: item.at,
                error_code: *error_code,
                raw: raw.clone(),
            };
            push(view, &mut out, contact, reported.into());
        }
        What::Changed(replaced) => changed(view, &mut out, contact, replaced, item.at),
        What::Preference { category, value } => {
            let known = view.contact(contact).and_then(|contact| contact.preferences.get(category));
            if known.is_none_or(|known| known.at < item.at && known.value != *value) {
                let event = ContactPreferenceChanged { category: category.clone(), value: value.clone(), at: item.at };
                push(view, &mut out, contact, event.into());
            }
        }
        What::Unassigned { .. } => {}
    }
    out
}

/// One effect per message, for as long as Meta can retry.
fn is_recorded(view: &View, item: &Item) -> bool {
    match &item.what {
        What::Said(said) => view.message(&said.wamid).is_some(),
        What::Status { wamid, status, participant, .. } => {
            view.has_status(&(wamid.clone(), status.clone(), participant.clone().unwrap_or_default()))
        }
        What::Changed(_) | What::Preference { .. } | What::Unassigned { .. } => false,
    }
}

/// A status belongs to whom its message was for, if the message is known; everything else to whom the item names.
fn contact_of(project: Project, view: &mut View, item: &Item, out: &mut Vec<(ContactId, ConversationEvent)>) -> Option<ContactId> {
    if let What::Status { wamid, .. } = &item.what
        && let Some(contact) = view.message(wamid)
    {
        return Some(contact);
    }
    let resolved = resolve(project.id, view, &item.who, item.at)?;
    for (contact, event) in resolved.events {
        push(view, out, contact, event);
    }
    Some(resolved.contact)
}

/// The conversation that a message belongs to; opens one, and closes an idle one, where that is so.
///
/// What is about another message (reaction, edit, revocation) or said by WhatsApp itself goes where the talk was last.
fn conversation_for(
    project: Project,
    view: &mut View,
    contact: ContactId,
    at: DateTime<Utc>,
    said: &Said,
    out: &mut Vec<(ContactId, ConversationEvent)>,
) -> ConversationId {
    let latest = view.contact(contact).and_then(|contact| contact.conversations.get(&said.group)).cloned();
    let follows = said.target.is_some() || said.kind == "system";
    let ends_at = latest.as_ref().zip(project.conversation_idle).and_then(|(latest, idle)| latest.last_message_at.checked_add_signed(idle));
    let idle = ends_at.filter(|ends_at| at > *ends_at);
    match &latest {
        Some(latest) if follows || (!latest.closed && idle.is_none()) => return latest.id,
        Some(latest) if !latest.closed => {
            let at = idle.unwrap_or(at);
            let closed = ConversationClosed { conversation: latest.id, reason: CloseReason::Idle, at };
            push(view, out, contact, closed.into());
        }
        _none_open => {}
    }
    let conversation = ConversationId::derive(contact, MessageId::derive(project.id, &said.wamid, said.stamp_ms));
    let opened = ConversationOpened {
        conversation,
        group: said.group.clone(),
        state: latest.as_ref().and_then(|latest| latest.state.clone()),
        inherited_from: latest.as_ref().filter(|latest| latest.state.is_some()).map(|latest| latest.id),
        at,
    };
    push(view, out, contact, opened.into());
    conversation
}

fn message(project: Project, said: &Said, conversation: ConversationId, at: DateTime<Utc>) -> ConversationEvent {
    let message = Message {
        message: MessageId::derive(project.id, &said.wamid, said.stamp_ms),
        conversation,
        wamid: said.wamid.clone(),
        sent_at: at,
        kind: said.kind.clone(),
        text: said.text.clone(),
        reply_to: said.reply_to.clone(),
        target: said.target.clone(),
        group: said.group.clone(),
        raw: said.raw.clone(),
    };
    match &said.how {
        How::Received => MessageReceived(message).into(),
        How::Echoed => MessageEchoed(message).into(),
        How::Imported { inbound, status } => {
            let direction = if *inbound { Direction::Inbound } else { Direction::Outbound };
            MessageImported { direction, status: status.clone(), message }.into()
        }
    }
}

/// The person has other ids now. An announcement that comes late changes nothing that is newer.
fn changed(view: &mut View, out: &mut Vec<(ContactId, ConversationEvent)>, contact: ContactId, replaced: &[Replaced], at: DateTime<Utc>) {
    for Replaced { previous, current, wa_id } in replaced {
        let Some(known) = view.contact(contact) else { return };
        if known.identities.contains_key(current) {
            continue;
        }
        let number = wa_id
            .as_ref()
            .filter(|_| at >= known.profile_at)
            .map(|wa_id| ContactProfileChanged { profile: ContactProfile { wa_id: Some(wa_id.clone()), ..known.profile.clone() }, at });
        let replaced = ContactIdentityReplaced { previous: previous.clone(), current: current.clone(), at };
        if let Some(holder) = view.find(current).filter(|holder| *holder != contact) {
            let reason = contract::UnlinkReason::Reassigned;
            push(view, out, holder, contract::ContactIdentityUnlinked { identity: current.clone(), reason, at }.into());
        }
        push(view, out, contact, replaced.into());
        if let Some(number) = number {
            push(view, out, contact, number.into());
        }
    }
}

fn push(view: &mut View, out: &mut Vec<(ContactId, ConversationEvent)>, contact: ContactId, event: ConversationEvent) {
    view.apply(contact, &event);
    out.push((contact, event));
}

/// Where a contact stands, for tests and explanations.
impl Contact {
    /// Its conversation outside groups.
    pub fn one_to_one(&self) -> Option<ConversationId> {
        self.conversations.get(&None).map(|latest| latest.id)
    }
}
