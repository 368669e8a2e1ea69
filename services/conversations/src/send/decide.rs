//! Whether a message may be sent, and what is said then. Pure: everything it depends on is an argument.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    Address, ContactPreferenceChanged, ConversationEvent, ConversationId, FileUse, FlowToken, FlowUse, MessageId, MessageRequested,
    RawJson, TemplateUse, UNKNOWN_REVISION,
};
use dialogue::Next;
use projects::{Flow, Project, Template};
use whatsapp::outbound::FlowMode;
use whatsapp::template::{check_parameters, flow_button};
use whatsapp::{FieldError, Outbound};

use super::message::Wish;
use crate::refusal::Refusal;
use crate::talk::Talk;
use crate::window;

/// How far back Meta takes reactions.
const REACTED_TO: TimeDelta = TimeDelta::days(30);
const AUTHENTICATION: &str = "AUTHENTICATION";

/// What is known when a message is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ground<'a> {
    pub(crate) project: Arc<Project>,
    pub(crate) talk: &'a Talk,
    /// The template that the message names, in its language.
    pub(crate) template: Option<Arc<Template>>,
    /// In which languages there is one of that name.
    pub(crate) languages: Vec<String>,
    /// The Flow that the message names, or its template.
    pub(crate) flow: Option<Arc<Flow>>,
    /// The files of ours that it brings.
    pub(crate) files: Vec<FileUse>,
    /// When the message was said that it is a reaction to, if the contact sent or was sent such a message.
    pub(crate) reacted_to_at: Option<DateTime<Utc>>,
}

/// What is said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decided {
    /// In order; the last one is `requested`.
    pub(crate) facts: Vec<ConversationEvent>,
    pub(crate) requested: MessageRequested,
    /// Whether it opens a conversation.
    pub(crate) opens: bool,
}

/// # Errors
/// The first rule that stands in the way.
pub(crate) fn decide(
    ground: &Ground<'_>,
    wish: &Wish,
    message: MessageId,
    named: Option<ConversationId>,
    now: DateTime<Utc>,
) -> Result<Decided, Refusal> {
    may_send(&ground.project)?;
    let to = address(ground.talk)?;
    let place = place(ground, &wish.message, message, named, now)?;
    let closes_at = in_window(ground, &wish.message, now)?;
    target(ground, &wish.message, now)?;
    let template = template(ground, &wish.message)?;
    let flow = flow(ground, &wish.message)?;
    let mut sent = wish.message.clone();
    if let Some(FlowUse { flow, revision, flow_id }) = &flow {
        let token = FlowToken { flow: *flow, revision: *revision, request: message }.to_string();
        match ground.template.as_ref().and_then(|template| flow_button(&template.components)) {
            Some(button) => sent.with_button_flow(button.index, &token),
            None => sent.with_flow(flow_id, &token),
        }
    }
    let requested = MessageRequested {
        message,
        conversation: place.conversation,
        kind: sent.kind().to_owned(),
        text: sent.text(),
        reply_to: sent.reply_to().map(str::to_owned),
        target: sent.target().map(str::to_owned),
        to,
        template,
        flow,
        files: ground.files.clone(),
        digest: wish.digest(named),
        content: RawJson::parse(&sent.json().to_string()).expect("json that was written is json"),
        at: now,
        expires_at: closes_at.map_or(now + wish.expires_in, |closes_at| closes_at.min(now + wish.expires_in)),
    };
    let opens = !place.before.is_empty();
    let mut facts = place.before;
    facts.push(requested.clone().into());
    Ok(Decided { facts, requested, opens })
}

pub(crate) fn may_send(project: &Project) -> Result<(), Refusal> {
    if project.suspended {
        return Err(Refusal::ProjectSuspended);
    }
    let number = project.number.as_ref().ok_or(Refusal::NumberNotConnected)?;
    number.sealed_token.as_ref().map(drop).ok_or(Refusal::NumberCannotSend)
}

/// The number where it is known: Meta sends everything there, and not everything to a user id.
fn address(talk: &Talk) -> Result<Address, Refusal> {
    let wa_id = talk.wa_id.clone().map(Address::WaId);
    wa_id.or_else(|| talk.bsuid.clone().map(Address::UserId)).ok_or(Refusal::ContactUnreachable)
}

/// Where a message belongs, and what is said before it.
struct Place {
    conversation: ConversationId,
    before: Vec<ConversationEvent>,
}

/// Whoever names a conversation wants it to go on, however long nobody has said anything; whoever names the contact alone has a message
/// of theirs treated as one that the contact writes.
fn place(
    ground: &Ground<'_>,
    wanted: &Outbound,
    message: MessageId,
    named: Option<ConversationId>,
    now: DateTime<Utc>,
) -> Result<Place, Refusal> {
    let latest = ground.talk.latest.as_ref();
    let follows = wanted.target().is_some();
    if let Some(conversation) = named {
        let goes_on = latest.is_some_and(|latest| latest.id == conversation && (follows || !latest.closed));
        return if goes_on { Ok(Place { conversation, before: Vec::new() }) } else { Err(Refusal::ConversationClosed) };
    }
    match dialogue::next(latest, ground.project.conversation_idle, now, follows) {
        Next::GoesOn(conversation) => Ok(Place { conversation, before: Vec::new() }),
        Next::Begins(mut beginning) => {
            let conversation = ConversationId::derive(ground.talk.contact, message);
            let mut before: Vec<ConversationEvent> = beginning.closes.take().map(Into::into).into_iter().collect();
            before.push(beginning.opened(conversation, None, now).into());
            Ok(Place { conversation, before })
        }
    }
}

/// Gives when the window closes, to what needs it.
fn in_window(ground: &Ground<'_>, wanted: &Outbound, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Refusal> {
    if !wanted.needs_window() {
        return Ok(None);
    }
    let closes_at = window::closes_at(ground.talk.last_inbound_at, &ground.project);
    if closes_at.is_none_or(|closes_at| now >= closes_at) {
        return Err(Refusal::WindowClosed(closes_at));
    }
    Ok(closes_at)
}

/// A reaction names a message of this talk, and none that is too old for Meta.
fn target(ground: &Ground<'_>, wanted: &Outbound, now: DateTime<Utc>) -> Result<(), Refusal> {
    if wanted.target().is_none() {
        return Ok(());
    }
    let detail = match ground.reacted_to_at {
        None => "must be Meta's id of a message that the contact sent or was sent",
        Some(at) if now - at > REACTED_TO => "names a message that is older than 30 days, and Meta takes no reaction to such",
        Some(_) => return Ok(()),
    };
    let pointer = "/reaction/message_id".to_owned();
    Err(Refusal::InvalidMessage(vec![FieldError { pointer, code: "value", detail: detail.to_owned() }]))
}

fn template(ground: &Ground<'_>, wanted: &Outbound) -> Result<Option<TemplateUse>, Refusal> {
    let Some(used) = wanted.template() else { return Ok(None) };
    let (name, language) = (used.name.to_owned(), used.language.to_owned());
    let Some(template) = &ground.template else {
        let mut languages = ground.languages.clone();
        languages.sort();
        languages.dedup();
        return Err(Refusal::TemplateNotFound { name, language, languages });
    };
    if !template.is_approved() {
        return Err(Refusal::TemplateNotApproved { name, status: template.status.clone(), reason: template.reason.clone() });
    }
    let wrong = check_parameters(&template.components, wanted);
    if !wrong.is_empty() {
        return Err(Refusal::InvalidMessage(wrong));
    }
    if template.is_marketing() && ground.talk.marketing.as_deref() == Some(ContactPreferenceChanged::STOP) {
        return Err(Refusal::OptedOut);
    }
    if template.category == AUTHENTICATION && ground.talk.wa_id.is_none() {
        return Err(Refusal::PhoneNeeded);
    }
    Ok(Some(TemplateUse { name, language, template: Some(template.id) }))
}

/// One that a template names and that was not made here is Meta's to judge.
fn flow(ground: &Ground<'_>, wanted: &Outbound) -> Result<Option<FlowUse>, Refusal> {
    let (flow, draft) = match (wanted.flow(), &ground.flow) {
        (Some(used), Some(flow)) => (flow, used.mode == FlowMode::Draft),
        (Some(_), None) => return Err(Refusal::FlowNotFound),
        (None, Some(flow)) => (flow, false),
        (None, None) => return Ok(None),
    };
    // Meta sends drafts of Flows that are drafts, and those are not sent from here.
    let sendable = flow.is_sendable() && !draft;
    let Some(flow_id) = flow.meta_id.clone().filter(|_| sendable) else {
        return Err(Refusal::FlowNotSendable { name: flow.name.clone(), status: flow.status.clone() });
    };
    Ok(Some(FlowUse { flow: flow.id, revision: flow.published.unwrap_or(UNKNOWN_REVISION), flow_id }))
}

#[cfg(test)]
mod tests;
