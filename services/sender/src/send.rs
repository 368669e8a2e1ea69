//! One message on its way: made ready, written down as started, and only then given to Meta.
//!
//! Everything that can go wrong before the start proves that nothing was sent; the append of the start, under the last sequence of the
//! contact's subject, decides who asks. What came of it is decided elsewhere (`decide`).

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{Address, ConversationEvent, Event, FileUse, MessageId, MessageRequested, SendFailure};
use journal::{AppendError, Expect};
use projects::{Project, TokenError};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Span;
use whatsapp::graph::{self, Sent, Token};
use whatsapp::{Bsuid, Outbound, PhoneNumberId, Recipient, WaId};

use crate::Sender;
use crate::backlog::{Backlog, Key};
use crate::decide;
use crate::files::{FileError, Uploaded};
use crate::origin::Origin;
use crate::permitted::{self, Ground, Refusal};
use crate::said;

/// How old a start may be when the request to Meta is about to be written. Far less than others wait before they take it for lost.
pub(crate) const START_AGE_MAX: Duration = Duration::from_secs(20);
/// The pause when the log or the storage does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// The pause when a token cannot be opened: somebody must look.
const SEALED_PAUSE: Duration = Duration::from_secs(30);

/// What is to be sent.
pub(crate) struct Order {
    pub(crate) key: Key,
    pub(crate) message: MessageId,
    /// Of its request.
    pub(crate) requested: u64,
    /// What it says, if it is in memory.
    pub(crate) content: Option<Arc<MessageRequested>>,
    /// Who asked for it.
    pub(crate) origin: Arc<Origin>,
    pub(crate) project: Arc<Project>,
    /// The contact stopped messages that advertise.
    pub(crate) has_stopped: bool,
    /// The last sequence of the contact's subject.
    pub(crate) last: u64,
    /// This attempt, from 1.
    pub(crate) attempt: u32,
    /// When it was asked for, if this process saw it.
    pub(crate) asked_at: Option<DateTime<Utc>>,
}

/// Why Meta was not asked.
#[derive(Debug, Clone)]
pub(crate) enum Unsent {
    /// Meta did not take a file of it.
    FileRefused(graph::Error),
    /// It can never be sent.
    Unfit { code: SendFailure, reason: String },
    /// Something that is needed does not answer.
    NotReady(Duration),
}

impl From<Unsent> for Sending {
    fn from(unsent: Unsent) -> Self {
        Self::Unsent(unsent)
    }
}

/// How far it came.
pub(crate) enum Sending {
    /// Meta was asked. A stale file: it refused, perhaps because it has lost a file, which is forgotten.
    Asked { answer: Result<Sent, graph::Error>, asked_at: DateTime<Utc>, stale_file: bool },
    /// Nothing was written, and Meta was not asked.
    Unsent(Unsent),
    /// Neither, because Meta has not got a file of it.
    NeedsFile(FileUse),
    /// The subject holds more than was read, up to this sequence: Meta was not asked.
    Overtaken(u64),
    /// It was written down as started, too late to ask Meta.
    Late,
    /// The process stops: Meta was not asked, and nothing was written.
    Stopped,
}

/// What is posted, and with what right.
struct Ready {
    token: Token,
    number: PhoneNumberId,
    body: Value,
    files: Vec<Uploaded>,
    /// When the message was asked for.
    requested_at: DateTime<Utc>,
    /// When it is not worth sending any more.
    expires_at: DateTime<Utc>,
}

/// Of one attempt, in the trace of whoever asked for the message.
pub(crate) fn span(order: &Order) -> Span {
    let (project, message) = (order.key.0, order.message);
    let span =
        tracing::info_span!("send_message", otel.kind = "client", project.id = %project, message.id = %message, attempt = order.attempt);
    if let Some(asked) = &order.origin.traceparent {
        chassis::traceparent::set_parent(&span, asked);
    }
    span
}

pub(crate) async fn send(sender: &Sender, order: &Order, stop: &CancellationToken) -> Sending {
    let ready = match prepare(sender, order).await {
        Ok(ready) => ready,
        Err(sending) => return sending,
    };
    let (at, began) = (sender.clock.now(), Instant::now());
    if stop.is_cancelled() {
        return Sending::Stopped;
    }
    // It may have been suspended, or time may be up, while this was made ready: then it is looked at once more.
    if at >= ready.expires_at || sender.projects.get(order.key.0).is_some_and(|project| project.suspended) {
        return Unsent::NotReady(Duration::ZERO).into();
    }
    let started = said::started(sender.ids.ulid(), order.message, order.attempt, ready.number.as_str(), &order.origin, at);
    match said::append(&sender.journal, &Backlog::subject(order.key), Expect::At(order.last), vec![started]).await {
        Ok(_) => {}
        Err(AppendError::Conflict { actual, .. }) => return Sending::Overtaken(actual),
        Err(_) => return Unsent::NotReady(said::REFUSED_PAUSE).into(),
    }
    let asked_at = sender.clock.now();
    let clock = sender.clock.clone();
    let in_time = move || {
        let now = clock.now();
        now < ready.expires_at && !is_late(began, now - at)
    };
    let answer = sender.graph.send_message(&ready.token, &ready.number, &ready.body, in_time).await;
    if matches!(answer, Err(graph::Error::TooLate)) {
        return Sending::Late;
    }
    if let Some(requested) = order.asked_at {
        metrics::histogram!("sender_request_to_call_seconds").record((asked_at - requested).as_seconds_f64().max(0.0));
    }
    let stale_file =
        answer.as_ref().is_err_and(decide::may_be_a_file) && sender.files.doubt(&ready.files, &ready.number, ready.requested_at);
    Sending::Asked { answer, asked_at, stale_file }
}

/// Whether a start that was begun at that time is too old. The wall clock may have been set back since, and the monotonic clock stands
/// still while the machine sleeps, so the larger of the two ages counts.
fn is_late(began: Instant, by_the_wall: TimeDelta) -> bool {
    began.elapsed().max(by_the_wall.to_std().unwrap_or_default()) > START_AGE_MAX
}

async fn prepare(sender: &Sender, order: &Order) -> Result<Ready, Sending> {
    let content = match &order.content {
        Some(content) => Arc::clone(content),
        None => read(sender, order).await?,
    };
    let unfit = |code, reason: &str| Unsent::Unfit { code, reason: reason.to_owned() };
    if is_of_another_number(&content, &order.project) {
        return Err(unfit(SendFailure::NumberChanged, "it was asked for while the project had another number").into());
    }
    judge_again(sender, order, &content).await?;
    let (token, number) = access(sender, &order.project).await?;
    let json: Value =
        serde_json::from_str(content.content.get()).map_err(|_| unfit(SendFailure::CannotBeSent, "its content is not JSON"))?;
    let mut outbound =
        Outbound::parse(&json).map_err(|_| unfit(SendFailure::CannotBeSent, "its content is not a message that Meta takes"))?;
    let files = sender.files.exchange(&mut outbound, &content.files, &number).map_err(|file| Sending::NeedsFile(file.clone()))?;
    let to = recipient(&content.to).ok_or_else(|| unfit(SendFailure::CannotBeSent, "its address is none of Meta's"))?;
    let body = outbound.body(&to, &order.message.to_string());
    Ok(Ready { token, number, body, files, requested_at: content.at, expires_at: content.expires_at })
}

/// Whether it was asked for before the number that is connected now was: the window, what it answers and its Flow are of the one before.
pub(crate) fn is_of_another_number(content: &MessageRequested, project: &Project) -> bool {
    project.number.as_ref().and_then(|number| number.since).is_some_and(|since| content.at < since)
}

/// Whether it may still be sent. The request may have been judged by what is not read here yet, so before anything is refused, everything is
/// read that the log has.
async fn judge_again(sender: &Sender, order: &Order, content: &MessageRequested) -> Result<(), Unsent> {
    let judge = || permitted::judge(content, &Ground::of(content, &order.project, &sender.catalogue, order.has_stopped));
    if judge().is_ok() {
        return Ok(());
    }
    let id = order.project.id;
    let read = tokio::try_join!(sender.catalogue.catch_up(id), sender.projects.fresh(id));
    let ((), project) = read.map_err(|_| Unsent::NotReady(OUTAGE_PAUSE))?;
    // Perhaps its number is another by now, with templates of another account.
    if project.is_none_or(|project| project.sequence != order.project.sequence) {
        return Err(Unsent::NotReady(Duration::ZERO));
    }
    judge().map_err(|Refusal { code, reason }| Unsent::Unfit { code, reason })
}

/// The project's number, as Meta names it.
pub(crate) fn number_of(project: &Project) -> Option<PhoneNumberId> {
    PhoneNumberId::parse(&project.number.as_ref()?.phone_number_id)
}

/// What the project's number needs to ask Meta anything.
pub(crate) async fn access(sender: &Sender, project: &Project) -> Result<(Token, PhoneNumberId), Unsent> {
    let none = || Unsent::Unfit { code: SendFailure::NumberNotConnected, reason: "the project has no number that can send".to_owned() };
    let number = number_of(project).ok_or_else(none)?;
    match sender.tokens.open(project).await {
        Ok(token) => Ok((token, number)),
        Err(TokenError::None) => Err(none()),
        Err(TokenError::Log(_)) => Err(Unsent::NotReady(OUTAGE_PAUSE)),
        Err(TokenError::Sealed(error)) => {
            tracing::error!(project.id = %project.id, %error, "the token of a number cannot be opened");
            Err(Unsent::NotReady(SEALED_PAUSE))
        }
    }
}

async fn read(sender: &Sender, order: &Order) -> Result<Arc<MessageRequested>, Unsent> {
    let subject = Backlog::subject(order.key);
    let (events, _) = sender.journal.entity_from(&subject, order.requested).await.map_err(|_| Unsent::NotReady(OUTAGE_PAUSE))?;
    let found = events.first().filter(|event| event.sequence == order.requested).map(ConversationEvent::decode);
    match found {
        Some(Ok(ConversationEvent::MessageRequested(requested))) => Ok(Arc::new(requested)),
        Some(_) | None => Err(Unsent::Unfit { code: SendFailure::CannotBeSent, reason: "its request is no longer there".to_owned() }),
    }
}

/// Gives Meta a file of the project.
pub(crate) async fn upload(sender: &Sender, project: &Project, file: &FileUse) -> Result<(), Unsent> {
    let (token, number) = access(sender, project).await?;
    match sender.files.upload(file, project.id, &number, &token).await {
        Ok(()) => Ok(()),
        Err(FileError::Meta(error)) => Err(Unsent::FileRefused(error)),
        Err(FileError::Missing(media)) => {
            Err(Unsent::Unfit { code: SendFailure::FileMissing, reason: format!("file {media} is not there") })
        }
        Err(FileError::Storage(error @ storage::Error::TooLarge { .. })) => {
            Err(Unsent::Unfit { code: SendFailure::CannotBeSent, reason: error.to_string() })
        }
        Err(FileError::Storage(error)) => {
            tracing::warn!(error = %chassis::error_chain(&error), "a file of a message cannot be read");
            Err(Unsent::NotReady(OUTAGE_PAUSE))
        }
    }
}

fn recipient(to: &Address) -> Option<Recipient> {
    match to {
        Address::WaId(wa_id) => WaId::parse(wa_id).map(Recipient::Phone),
        Address::UserId(user_id) => Bsuid::parse(user_id).map(Recipient::User),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_start_grows_old_whatever_the_wall_clock_says() {
        let (began, set_back) = (Instant::now(), TimeDelta::minutes(-2));
        assert!(is_late(began, TimeDelta::seconds(21)), "the machine slept");
        tokio::time::advance(START_AGE_MAX).await;
        assert!(!is_late(began, set_back) && !is_late(began, TimeDelta::seconds(20)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(is_late(began, set_back));
    }
}
