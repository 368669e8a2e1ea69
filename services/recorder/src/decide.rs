//! What an item means. Pure: everything it depends on is an argument, so the same log gives the same decisions.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    CloseReason, ContactId, ConversationClosed, ConversationEvent, ConversationId, ConversationOpened, Direction, Message, MessageEchoed,
    MessageId, MessageImported, MessageReceived, MessageStatusReported, ProjectId, RawJson,
};

use crate::change::{change, is_known};
use crate::draft::Draft;
use crate::items::{How, Item, Said, What};
use crate::merge::prefer;
use crate::resolve::{find, resolve};
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
/// Empty: everything the item says is recorded already, or it is for [`unassigned`].
pub fn decide(project: Project, view: &mut View, item: &Item) -> Vec<(ContactId, ConversationEvent)> {
    if is_recorded(view, item) || unassigned(view, item).is_some() {
        return Vec::new();
    }
    let mut draft = Draft::new(view);
    if let Some(contact) = contact_of(project, &mut draft, item) {
        say(project, &mut draft, contact, item);
    }
    draft.finish()
}

/// What names no contact, under which key it is kept, and its bytes. A status is one only as long as nobody knows its message.
pub fn unassigned<'a>(view: &View, item: &'a Item) -> Option<(&'a str, &'a RawJson)> {
    match &item.what {
        What::Unassigned { key, raw } => Some((key, raw)),
        What::Status { wamid, raw, .. } => (item.who.identities.is_empty() && view.message(wamid).is_none()).then_some(("statuses", raw)),
        What::Said(_) | What::Changed(_) | What::Preference { .. } => None,
    }
}

fn say(project: Project, draft: &mut Draft<'_>, contact: ContactId, item: &Item) {
    match &item.what {
        What::Said(said) => {
            let place = place_of(draft.view(), contact, said);
            let conversation = conversation_for(project, draft, place, item.at, said);
            draft.say(place, message(project, said, conversation, item.at));
            change(draft, contact, &said.replaced, item.at);
        }
        What::Status { wamid, status, participant, error_code, raw } => {
            let (wamid, status, participant, raw) = (wamid.clone(), status.clone(), participant.clone(), raw.clone());
            draft.say(contact, MessageStatusReported { wamid, status, participant, at: item.at, error_code: *error_code, raw });
        }
        What::Changed(replaced) => change(draft, contact, replaced, item.at),
        What::Preference { category, value } => prefer(draft, contact, category, value, item.at),
        What::Unassigned { .. } => {}
    }
}

/// One effect per item, for as long as Meta can retry. Messages and statuses have keys; of the others it is their effect that is known.
fn is_recorded(view: &View, item: &Item) -> bool {
    match &item.what {
        What::Said(said) => view.message(&said.wamid).is_some(),
        What::Status { wamid, status, participant, .. } => {
            view.has_status(&(wamid.clone(), status.clone(), participant.clone().unwrap_or_default()))
        }
        What::Changed(replaced) => is_known(view, &item.who, replaced),
        What::Preference { category, value } => find(view, &item.who)
            .and_then(|contact| view.contact(contact)?.preferences.get(category))
            .is_some_and(|known| (known.at, &known.value) >= (item.at, value)),
        What::Unassigned { .. } => false,
    }
}

/// A status belongs to whom its message was for, if the message is known; everything else to whom the item names.
fn contact_of(project: Project, draft: &mut Draft<'_>, item: &Item) -> Option<ContactId> {
    let speaks = match &item.what {
        What::Status { wamid, .. } => {
            if let Some(contact) = draft.view().message(wamid) {
                return Some(contact);
            }
            false
        }
        What::Said(said) => said.how == How::Received && said.replaced.is_empty(),
        What::Changed(_) | What::Preference { .. } | What::Unassigned { .. } => false,
    };
    resolve(draft, project.id, &item.who, item.at, speaks)
}

/// What changes a message of a contact that was merged into this one is said where that message is, because there it takes effect.
fn place_of(view: &View, contact: ContactId, said: &Said) -> ContactId {
    let owner = said.target.as_ref().and_then(|target| view.message(target));
    let has_talked = |owner: &ContactId| view.contact(*owner).is_some_and(|known| known.conversations.contains_key(&said.group));
    owner.filter(|owner| *owner != contact && view.survivor(*owner) == contact && has_talked(owner)).unwrap_or(contact)
}

/// The conversation that a message belongs to; opens one, and closes an idle one, where that is so.
///
/// What is about another message (reaction, edit, revocation), said by WhatsApp itself, or imported (in any order, long after it was
/// said) goes where the talk was last. A message exactly at the limit still belongs to the conversation, one later does not.
fn conversation_for(project: Project, draft: &mut Draft<'_>, contact: ContactId, at: DateTime<Utc>, said: &Said) -> ConversationId {
    let latest = draft.contact(contact).and_then(|contact| contact.conversations.get(&said.group)).cloned();
    let follows = said.target.is_some() || said.kind == "system" || matches!(said.how, How::Imported { .. });
    let ends_at = latest.as_ref().zip(project.conversation_idle).and_then(|(latest, idle)| latest.last_message_at.checked_add_signed(idle));
    let idle = ends_at.filter(|ends_at| at > *ends_at);
    match &latest {
        Some(latest) if follows || (!latest.closed && idle.is_none()) => return latest.id,
        Some(latest) if !latest.closed => {
            draft.say(contact, ConversationClosed { conversation: latest.id, reason: CloseReason::Idle, at: idle.unwrap_or(at) });
        }
        _none_open => {}
    }
    let conversation = ConversationId::derive(contact, MessageId::derive(project.id, &said.wamid, said.stamp_ms));
    let state = latest.as_ref().and_then(|latest| latest.state.clone());
    let inherited_from = latest.filter(|latest| latest.state.is_some()).map(|latest| latest.id);
    draft.say(contact, ConversationOpened { conversation, group: said.group.clone(), state, inherited_from, at });
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
