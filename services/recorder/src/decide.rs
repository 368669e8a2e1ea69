//! What an item means. Pure: everything it depends on is an argument, so the same log gives the same decisions.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    ContactId, ContactPreferenceChanged, ConversationEvent, ConversationId, Direction, FlowSubmitted, FlowToken, Message, MessageEchoed,
    MessageId, MessageImported, MessageReceived, MessageStatusReported, ProjectId, RawJson,
};
use dialogue::Next;
use whatsapp::payload::UserPreference;

use crate::change::{change, is_known};
use crate::draft::Draft;
use crate::items::{How, Item, Said, Submitted, What};
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
        What::Status { raw, .. } => (item.who.identities.is_empty() && owner(view, &item.what).is_none()).then_some(("statuses", raw)),
        What::Said(_) | What::Changed(_) | What::Preference { .. } => None,
    }
}

fn say(project: Project, draft: &mut Draft<'_>, contact: ContactId, item: &Item) {
    match &item.what {
        What::Said(said) => {
            let place = place_of(draft.view(), contact, said);
            let conversation = conversation_for(project, draft, place, item.at, said);
            draft.say(place, message(project, said, conversation, item.at));
            if let Some(submitted) = &said.submitted {
                draft.say(place, submission(project, said, submitted, conversation, item.at));
            }
            change(draft, contact, &said.replaced, item.at);
        }
        What::Status { wamid, status, participant, error_code, raw, .. } => {
            // In a group the participant has stopped, and the message may be another contact's.
            let has_stopped = *error_code == Some(UserPreference::STOPPED_CODE) && participant.is_none();
            let (wamid, status, participant, raw) = (wamid.clone(), status.clone(), participant.clone(), raw.clone());
            draft.say(contact, MessageStatusReported { wamid, status, participant, at: item.at, error_code: *error_code, raw });
            if has_stopped {
                let person = draft.view().survivor(contact);
                prefer(draft, person, ContactPreferenceChanged::MARKETING, ContactPreferenceChanged::STOP, item.at);
            }
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

/// Whose message a status is about: by Meta's id of it, or by ours, which Meta hands back.
fn owner(view: &View, what: &What) -> Option<ContactId> {
    match what {
        What::Status { wamid, asked, .. } => view.message(wamid).or_else(|| view.message(&asked.as_ref()?.to_string())),
        What::Said(_) | What::Changed(_) | What::Preference { .. } | What::Unassigned { .. } => None,
    }
}

/// Whether nobody is known whom the item is about. They may have come to be known a moment ago, through somebody else.
pub(crate) fn is_about_a_stranger(view: &View, item: &Item) -> bool {
    owner(view, &item.what).is_none()
        && match &item.what {
            What::Unassigned { .. } => false,
            What::Status { .. } => find(view, &item.who).is_none(),
            What::Said(said) => view.message(&said.wamid).is_none() && find(view, &item.who).is_none(),
            What::Changed(_) | What::Preference { .. } => find(view, &item.who).is_none(),
        }
}

/// A status belongs to whom its message was for, if the message is known; everything else to whom the item names.
fn contact_of(project: Project, draft: &mut Draft<'_>, item: &Item) -> Option<ContactId> {
    if let Some(contact) = owner(draft.view(), &item.what) {
        return Some(contact);
    }
    let speaks = match &item.what {
        What::Said(said) => said.how == How::Received && said.replaced.is_empty(),
        What::Status { .. } | What::Changed(_) | What::Preference { .. } | What::Unassigned { .. } => false,
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
/// said) goes where the talk was last.
fn conversation_for(project: Project, draft: &mut Draft<'_>, contact: ContactId, at: DateTime<Utc>, said: &Said) -> ConversationId {
    let latest = draft.contact(contact).and_then(|contact| contact.conversations.get(&said.group));
    let follows = said.target.is_some() || said.kind == "system" || matches!(said.how, How::Imported { .. });
    let mut beginning = match dialogue::next(latest, project.conversation_idle, at, follows) {
        Next::GoesOn(conversation) => return conversation,
        Next::Begins(beginning) => beginning,
    };
    if let Some(closed) = beginning.closes.take() {
        draft.say(contact, closed);
    }
    let conversation = ConversationId::derive(contact, MessageId::derive(project.id, &said.wamid, said.stamp_ms));
    draft.say(contact, beginning.opened(conversation, said.group.clone(), at));
    conversation
}

fn submission(project: Project, said: &Said, submitted: &Submitted, conversation: ConversationId, at: DateTime<Utc>) -> FlowSubmitted {
    let token = submitted.flow_token.as_deref().and_then(FlowToken::of);
    FlowSubmitted {
        message: MessageId::derive(project.id, &said.wamid, said.stamp_ms),
        conversation,
        flow: token.map(|token| token.flow),
        revision: token.map(|token| token.revision),
        request: token.map(|token| token.request),
        flow_token: submitted.flow_token.clone(),
        response: submitted.response.clone(),
        at,
    }
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
