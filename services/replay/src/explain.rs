//! `explain`: the events that made a row, in order. One that nobody can read is told of after them, if it may be one of them.

use std::collections::{BTreeMap, HashMap};

use contract::{ContactId, ConversationEvent, ConversationId, Event, MessageId, Recorded, Stream, Subject};
use futures::TryStreamExt;
use journal::{Filter, Range};

use crate::cli::Explain;
use crate::filter::FilterArgs;
use crate::log::print;
use crate::servers::Servers;
use crate::{Error, Exit, Out, bars};

/// A row, by one of its names.
enum Row {
    Contact(ContactId),
    Conversation(ConversationId),
    Message(MessageId),
    Wamid(String),
}

pub(crate) async fn explain(servers: &Servers, filter: &FilterArgs, what: &Explain, out: &mut Out) -> Result<Exit, Error> {
    let row = Row::parse(&what.row)?;
    let contact = match &row {
        Row::Contact(contact) => Some(*contact),
        Row::Conversation(_) | Row::Message(_) | Row::Wamid(_) => None,
    };
    let filter = FilterArgs { contact, stream: vec![Stream::Conversation], ..filter.clone() };
    let last = servers.journal.state(Stream::Conversation).await?.last;
    let bar = bars::bar(out.watched, "searching the log", last);
    let mut found: BTreeMap<u64, Recorded> = BTreeMap::new();
    let (mut names, mut learned, mut unreadable) = (Names::of(&row), None, HashMap::new());
    // All of the log, whatever part is asked for: the event that says how else a message is called may be before or behind it.
    let mut events = std::pin::pin!(servers.journal.replay(Stream::Conversation, Range::ALL, filter.subjects(Stream::Conversation)));
    while let Some(event) = events.try_next().await? {
        bar.set_position(event.sequence);
        let fact = match ConversationEvent::decode(&event) {
            Ok(fact) => fact,
            Err(source) => {
                if is_asked_for(&filter, &event) {
                    let (subject, sequence) = (event.subject, event.sequence);
                    unreadable.entry(subject).or_insert(projections::Error::Event { sequence, source });
                }
                continue;
            }
        };
        if names.learn(&fact) {
            learned = Some((event.subject.clone(), event.sequence));
        }
        if is_asked_for(&filter, &event) && concerns(&fact, &row, &names) {
            found.insert(event.sequence, event);
        }
    }
    bar.finish_and_clear();
    // A status or a reaction may precede its message, whose id said which wamid to look for; a request precedes the acceptance that did.
    if let Some((subject, sequence)) = learned {
        let earlier = earlier(servers, subject.as_str(), sequence, &row, &names).await?;
        let earlier = earlier.into_iter().filter(|event| is_asked_for(&filter, event));
        found.extend(earlier.map(|event| (event.sequence, event)));
    }
    for event in found.values() {
        print(event, what.show_content, out)?;
    }
    // What nobody can read may have had a part in the row, if it is about the same contact; nobody else's has.
    let beside = |subject: &Subject| found.is_empty() || found.values().any(|event| event.subject == *subject);
    match unreadable.into_iter().find(|(subject, _)| beside(subject)) {
        Some((_, error)) => Err(error.into()),
        None if found.is_empty() => Err(Error::NotFound(format!("no event concerns {}", what.row))),
        None => Ok(Exit::Fine),
    }
}

/// Whether the event is in the part of the log that is to be shown.
fn is_asked_for(filter: &FilterArgs, event: &Recorded) -> bool {
    let Range { from, through } = filter.range();
    event.sequence >= from && through.is_none_or(|through| event.sequence <= through) && filter.wants(event)
}

/// Events of the message's own contact, before its other name was known, that are about it.
async fn earlier(servers: &Servers, subject: &str, before: u64, row: &Row, names: &Names) -> Result<Vec<Recorded>, Error> {
    let range = Range { from: 1, through: Some(before.saturating_sub(1)) };
    let events: Vec<Recorded> = servers.journal.replay(Stream::Conversation, range, Filter::subjects([subject])).try_collect().await?;
    let about = |event: &Recorded| ConversationEvent::decode(event).is_ok_and(|fact| concerns(&fact, row, names));
    Ok(events.into_iter().filter(about).collect())
}

/// By what a message is known: one name is asked for, the other one the log tells.
#[derive(Default)]
struct Names {
    message: Option<MessageId>,
    wamid: Option<String>,
}

impl Names {
    fn of(row: &Row) -> Self {
        match row {
            Row::Message(id) => Self { message: Some(*id), wamid: None },
            Row::Wamid(wamid) => Self { message: None, wamid: Some(wamid.clone()) },
            Row::Contact(_) | Row::Conversation(_) => Self::default(),
        }
    }

    /// Takes the other name from an event that has both. Says whether it did.
    fn learn(&mut self, fact: &ConversationEvent) -> bool {
        let both = if let ConversationEvent::MessageAccepted(accepted) = fact {
            Some((accepted.message, &accepted.wamid))
        } else {
            fact.said().map(|said| (said.message, &said.wamid))
        };
        match (both, &self.message, &self.wamid) {
            (Some((message, wamid)), Some(mine), None) if message == *mine => self.wamid = Some(wamid.clone()),
            (Some((message, wamid)), None, Some(mine)) if wamid == mine => self.message = Some(message),
            (..) => return false,
        }
        true
    }

    fn has(&self, message: MessageId) -> bool {
        self.message == Some(message)
    }

    fn has_wamid(&self, wamid: &str) -> bool {
        self.wamid.as_deref() == Some(wamid)
    }

    /// Whether the event is about the message, or changes how it is shown.
    fn are_of(&self, fact: &ConversationEvent) -> bool {
        match fact {
            ConversationEvent::MessageReceived(_) | ConversationEvent::MessageEchoed(_) | ConversationEvent::MessageImported(_) => fact
                .said()
                .is_some_and(|said| self.has_wamid(&said.wamid) || said.target.as_deref().is_some_and(|target| self.has_wamid(target))),
            ConversationEvent::MessageStatusReported(reported) => self.has_wamid(&reported.wamid),
            ConversationEvent::MessageRequested(requested) => {
                self.has(requested.message) || requested.target.as_deref().is_some_and(|target| self.has_wamid(target))
            }
            ConversationEvent::MessageAccepted(accepted) => self.has(accepted.message) || self.has_wamid(&accepted.wamid),
            ConversationEvent::FlowSubmitted(submitted) => self.has(submitted.message) || submitted.request.is_some_and(|id| self.has(id)),
            ConversationEvent::SendStarted(started) => self.has(started.message),
            ConversationEvent::SendDeferred(deferred) => self.has(deferred.message),
            ConversationEvent::SendOutcomeUnknown(unknown) => self.has(unknown.message),
            ConversationEvent::MessageFailed(failed) => self.has(failed.message),
            ConversationEvent::MessageAbandoned(abandoned) => self.has(abandoned.message),
            ConversationEvent::ReadRequested(read) => self.has(read.message),
            ConversationEvent::ReadSettled(settled) => self.has(settled.message),
            ConversationEvent::ContactFirstSeen(_)
            | ConversationEvent::ContactIdentityLinked(_)
            | ConversationEvent::ContactIdentityReplaced(_)
            | ConversationEvent::ContactIdentityUnlinked(_)
            | ConversationEvent::ContactProfileChanged(_)
            | ConversationEvent::ContactPreferenceChanged(_)
            | ConversationEvent::ContactMerged(_)
            | ConversationEvent::ContactAbsorbed(_)
            | ConversationEvent::ConversationOpened(_)
            | ConversationEvent::ConversationClosed(_)
            | ConversationEvent::ConversationStateChanged(_)
            | ConversationEvent::ConversationReopened(_)
            | ConversationEvent::UnassignedItemReceived(_) => false,
        }
    }
}

impl Row {
    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |_| Error::Usage(format!("{text} is no id; a row is con_…, cnv_…, msg_… or a wamid"));
        Ok(match text.split_once('_').map(|(prefix, _)| prefix) {
            Some(ContactId::PREFIX) => Self::Contact(text.parse().map_err(wrong)?),
            Some(ConversationId::PREFIX) => Self::Conversation(text.parse().map_err(wrong)?),
            Some(MessageId::PREFIX) => Self::Message(text.parse().map_err(wrong)?),
            _ => Self::Wamid(text.to_owned()),
        })
    }
}

fn conversation_of(fact: &ConversationEvent) -> Option<ConversationId> {
    match fact {
        ConversationEvent::ConversationOpened(opened) => Some(opened.conversation),
        ConversationEvent::ConversationClosed(closed) => Some(closed.conversation),
        ConversationEvent::ConversationStateChanged(changed) => Some(changed.conversation),
        ConversationEvent::MessageReceived(_) | ConversationEvent::MessageEchoed(_) | ConversationEvent::MessageImported(_) => {
            fact.said().map(|message| message.conversation)
        }
        ConversationEvent::ConversationReopened(reopened) => Some(reopened.conversation),
        ConversationEvent::FlowSubmitted(submitted) => Some(submitted.conversation),
        ConversationEvent::MessageRequested(requested) => Some(requested.conversation),
        ConversationEvent::ContactFirstSeen(_)
        | ConversationEvent::ContactIdentityLinked(_)
        | ConversationEvent::ContactIdentityReplaced(_)
        | ConversationEvent::ContactIdentityUnlinked(_)
        | ConversationEvent::ContactProfileChanged(_)
        | ConversationEvent::ContactPreferenceChanged(_)
        | ConversationEvent::ContactMerged(_)
        | ConversationEvent::ContactAbsorbed(_)
        | ConversationEvent::MessageStatusReported(_)
        | ConversationEvent::UnassignedItemReceived(_)
        | ConversationEvent::SendStarted(_)
        | ConversationEvent::SendDeferred(_)
        | ConversationEvent::SendOutcomeUnknown(_)
        | ConversationEvent::MessageAccepted(_)
        | ConversationEvent::MessageFailed(_)
        | ConversationEvent::MessageAbandoned(_)
        | ConversationEvent::ReadRequested(_)
        | ConversationEvent::ReadSettled(_) => None,
    }
}

/// Whether the event had a part in the row.
fn concerns(fact: &ConversationEvent, row: &Row, names: &Names) -> bool {
    match row {
        Row::Contact(_) => true, // everything on the contact's subject moves its row
        Row::Conversation(id) => conversation_of(fact) == Some(*id),
        Row::Message(_) | Row::Wamid(_) => names.are_of(fact),
    }
}
