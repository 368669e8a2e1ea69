//! The events that the sender says, and appending them for as long as it takes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::{
    ConversationEvent, Event, EventId, MessageAbandoned, MessageAccepted, MessageFailed, MessageId, NewEvent, ReadSettled, SendDeferred,
    SendOutcomeUnknown, SendStarted, Subject,
};
use journal::{AppendError, Expect, Journal, Position};
use ulid::Ulid;

use crate::decide::Outcome;
use crate::origin::Origin;

/// The service, as events name it.
pub(crate) const SOURCE: &str = "/paige/sender";
/// The pause before an append is tried again that may or may not have been stored.
pub(crate) const AGAIN_PAUSE: Duration = Duration::from_millis(200);
/// The pause before something is tried again that the log does not take: somebody must look.
pub(crate) const REFUSED_PAUSE: Duration = Duration::from_secs(30);

/// Meta is about to be asked. Its id is of this process alone: whoever appends it is the one who asks.
pub(crate) fn started(id: Ulid, message: MessageId, attempt: u32, phone_number_id: &str, origin: &Origin, at: DateTime<Utc>) -> NewEvent {
    let started = SendStarted { message, attempt, phone_number_id: phone_number_id.to_owned(), at };
    ConversationEvent::from(started).into_new(EventId::from_ulid(id), SOURCE, at, origin.context())
}

/// What came of an attempt. Its id follows from message, attempt and type, so that it can be said again.
pub(crate) fn outcome(message: MessageId, attempt: u32, outcome: Outcome, origin: &Origin, at: DateTime<Utc>) -> NewEvent {
    let event: ConversationEvent = match outcome {
        Outcome::Accepted { wamid, held_as, settled_by_status } => {
            MessageAccepted { message, wamid, attempt, held_as, settled_by_status, at }.into()
        }
        Outcome::Deferred { meta_code, reason, retry_at } => SendDeferred { message, attempt, meta_code, reason, retry_at, at }.into(),
        Outcome::Unknown { reason, settle_by } => SendOutcomeUnknown { message, attempt, reason, settle_by, at }.into(),
        Outcome::Failed { code, meta_code, reason } => {
            MessageFailed { message, code: code.name().to_owned(), meta_code, reason, at }.into()
        }
        Outcome::Abandoned { reason } => MessageAbandoned { message, reason, at }.into(),
    };
    let id = EventId::derive(event.event_type(), &[&message.to_string(), &attempt.to_string()]);
    event.into_new(id, SOURCE, at, origin.context())
}

/// What came of showing a message as read. `asked` is the event that asked for it, and its origin.
pub(crate) fn read(message: MessageId, asked: EventId, reason: Option<String>, origin: &Origin, at: DateTime<Utc>) -> NewEvent {
    let settled: ConversationEvent = ReadSettled { message, shown: reason.is_none(), reason, at }.into();
    let id = EventId::derive(settled.event_type(), &[&asked.to_string()]);
    settled.into_new(id, SOURCE, at, origin.context())
}

/// Appends until they are known to be stored or refused: what may have been stored is appended again, under the same ids.
pub(crate) async fn append(journal: &Journal, subject: &Subject, expect: Expect, events: Vec<NewEvent>) -> Result<Position, AppendError> {
    loop {
        match journal.append(subject, expect, events.clone()).await {
            Err(AppendError::Unavailable(_)) => tokio::time::sleep(AGAIN_PAUSE).await,
            Err(error @ (AppendError::Refused(_) | AppendError::TooLarge { .. })) => {
                let (stream, event_type) = (subject.stream().name(), events.first().map(|event| event.event_type));
                tracing::error!(stream, event.r#type = event_type, %error, "the log does not take an event, trying again");
                return Err(error);
            }
            definite => return definite,
        }
    }
}
