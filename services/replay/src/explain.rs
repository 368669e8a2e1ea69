//! `explain`: the events that made a row, in order.

use contract::{ContactId, ConversationEvent, ConversationId, Event, MessageId, Recorded, Stream};
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
    let mut found: Vec<Recorded> = Vec::new();
    let mut wamid = match &row {
        Row::Wamid(wamid) => Some(wamid.clone()),
        Row::Contact(_) | Row::Conversation(_) | Row::Message(_) => None,
    };
    let mut events = std::pin::pin!(servers.journal.replay(Stream::Conversation, filter.range(), filter.subjects(Stream::Conversation)));
    while let Some(event) = events.try_next().await? {
        bar.set_position(event.sequence);
        let fact = ConversationEvent::decode(&event).map_err(|source| projections::Error::Event { sequence: event.sequence, source })?;
        if let (Row::Message(id), Some(message)) = (&row, fact.said())
            && message.message == *id
        {
            wamid = Some(message.wamid.clone());
        }
        if filter.wants(&event) && concerns(&fact, &row, wamid.as_deref()) {
            found.push(event);
        }
    }
    bar.finish_and_clear();
    // A status or a reaction may precede its message, whose id said which wamid to look for.
    if let (Row::Message(_), Some(wamid), Some(first)) = (&row, &wamid, found.first().map(|event| (event.subject.clone(), event.sequence)))
    {
        let earlier = earlier(servers, first.0.as_str(), first.1, wamid).await?;
        found.splice(0..0, earlier);
    }
    if found.is_empty() {
        return Err(Error::NotFound(format!("no event concerns {}", what.row)));
    }
    for event in &found {
        print(event, what.show_content, out)?;
    }
    Ok(Exit::Fine)
}

/// Events of the message's own contact, before the message, that are about it.
async fn earlier(servers: &Servers, subject: &str, before: u64, wamid: &str) -> Result<Vec<Recorded>, Error> {
    let range = Range { from: 1, through: Some(before.saturating_sub(1)) };
    let events: Vec<Recorded> = servers.journal.replay(Stream::Conversation, range, Filter::subjects([subject])).try_collect().await?;
    let about =
        |event: &Recorded| ConversationEvent::decode(event).is_ok_and(|fact| concerns(&fact, &Row::Wamid(wamid.to_owned()), Some(wamid)));
    Ok(events.into_iter().filter(about).collect())
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
        | ConversationEvent::ConversationReopened(_)
        | ConversationEvent::FlowSubmitted(_)
        | ConversationEvent::MessageRequested(_)
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

/// Whether the event had a part in the row. `wamid`: of the message asked for, once it is known.
fn concerns(fact: &ConversationEvent, row: &Row, wamid: Option<&str>) -> bool {
    match row {
        Row::Contact(_) => true, // everything on the contact's subject moves its row
        Row::Conversation(id) => conversation_of(fact) == Some(*id),
        Row::Message(_) | Row::Wamid(_) => {
            let message = fact
                .said()
                .is_some_and(|message| wamid.is_some() && (Some(message.wamid.as_str()) == wamid || message.target.as_deref() == wamid));
            let status = matches!(fact, ConversationEvent::MessageStatusReported(reported) if Some(reported.wamid.as_str()) == wamid);
            message || status
        }
    }
}
