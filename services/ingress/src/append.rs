//! From changes to events: where each belongs, what its id is, and when it counts as kept.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use chassis::Problem;
use contract::{BODY_UNREADABLE, CHANGE_RECEIVED, Context, ENTRY_TIME, EventId, NewEvent, Subject, WABA_ID};
use futures::{StreamExt, TryStreamExt, stream};
use journal::AppendError;
use metrics::counter;
use whatsapp::Change;

use crate::Ingress;
use crate::intake::shed;

const SOURCE: &str = "/paige/ingress";
/// Who said it.
pub(crate) const META: &str = "meta";
/// Who said what payments are about.
pub(crate) const PAYSTACK: &str = "paystack";
/// For how many receivers of one body events are appended at once. Meta documents as many updates in a body, and the log lets eight times
/// as many appends wait, so one body alone never overloads it.
const RECEIVERS_AT_ONCE_MAX: usize = 1_000;
/// How long the log may take to keep a body.
const APPEND_TIME_MAX: Duration = Duration::from_secs(5);
/// When Meta may try again.
const RETRY_AFTER_S: u32 = 5;
/// The subject token for what names no receiver, or one that is no token.
const NOBODY: &str = "unknown";

/// Keeps every change of a body. All of them, or the body is not acknowledged; what was kept of it is recognised when it comes again.
///
/// Events about one number are appended one after another. If they were on their way together, a lost connection could let a later one
/// overtake an earlier one.
pub(crate) async fn append_changes(ingress: &Ingress, body: &Bytes, changes: &[Change<'_>]) -> Result<(), Problem> {
    counter!("ingress_changes_total").increment(changes.len() as u64);
    let mut receivers: Vec<(Subject, Vec<NewEvent>)> = Vec::with_capacity(1);
    let mut places = HashMap::with_capacity(1);
    for change in changes {
        let (subject, event) = event_of(ingress, body, change);
        let place = *places.entry(subject).or_insert_with_key(|subject| {
            receivers.push((subject.clone(), Vec::new()));
            receivers.len() - 1
        });
        receivers[place].1.push(event);
    }
    let receivers = stream::iter(receivers).map(Ok::<_, AppendError>);
    let appends = receivers.try_for_each_concurrent(RECEIVERS_AT_ONCE_MAX, |(subject, events)| async move {
        for event in events {
            ingress.sink.keep(&subject, event).await?;
        }
        Ok(())
    });
    in_time(appends).await
}

/// Keeps a body that cannot be split: it came from Meta, so it is not lost and not asked for again.
pub(crate) async fn append_unreadable(ingress: &Ingress, body: Bytes, cause: &str) -> Result<(), Problem> {
    tracing::warn!(bytes = body.len(), cause, "signed body is unreadable, kept as it is");
    counter!("ingress_unreadable_total").increment(1);
    let id = EventId::derive_from_bytes(BODY_UNREADABLE, &[], &body);
    let event = event(ingress, id, BODY_UNREADABLE, META, "application/octet-stream", body);
    in_time(ingress.sink.keep(&Subject::webhook_unreadable(), event)).await
}

pub(crate) async fn in_time<T>(append: impl Future<Output = Result<T, AppendError>>) -> Result<(), Problem> {
    match tokio::time::timeout(APPEND_TIME_MAX, append).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(AppendError::Unavailable(cause))) => Err(shed(&cause)),
        Ok(Err(error)) => Err(not_stored(&error.to_string())),
        Err(_) => Err(not_stored("the log did not confirm within 5 s")),
    }
}

fn not_stored(cause: &str) -> Problem {
    Problem::unavailable("not_stored", RETRY_AFTER_S, cause)
}

/// The same change sent again has the same id, also in another body: what Meta repeats is repeated in full.
fn event_of(ingress: &Ingress, body: &Bytes, change: &Change<'_>) -> (Subject, NewEvent) {
    let waba_id = change.waba_id.as_deref().unwrap_or_default();
    let entry_time = change.entry_time.map(|time| time.to_string()).unwrap_or_default();
    let id = EventId::derive(CHANGE_RECEIVED, &[waba_id, &entry_time, change.raw]);
    let mut event = event(ingress, id, CHANGE_RECEIVED, META, "application/json", body.slice_ref(change.raw.as_bytes()));
    event.extensions = [(WABA_ID, waba_id), (ENTRY_TIME, &entry_time)]
        .into_iter()
        .filter(|(_, value)| is_header_value(value))
        .map(|(name, value)| (name, value.to_owned()))
        .collect();
    (subject_of(change), event)
}

pub(crate) fn event(
    ingress: &Ingress,
    id: EventId,
    event_type: &'static str,
    actor: &str,
    content_type: &'static str,
    data: Bytes,
) -> NewEvent {
    let context = Context { traceparent: chassis::traceparent::current(), actor: Some(actor.to_owned()), ..Context::default() };
    NewEvent { id, event_type, source: SOURCE, time: ingress.clock.now(), context, extensions: Vec::new(), content_type, data }
}

/// By the number, else by the account. What is no token is no reason to lose anything: it is kept under [`NOBODY`].
fn subject_of(change: &Change<'_>) -> Subject {
    let receivers = [change.phone_number_id.as_deref(), change.waba_id.as_deref(), Some(NOBODY)];
    let fields = [&*change.field, NOBODY];
    receivers
        .into_iter()
        .flatten()
        .find_map(|receiver| fields.into_iter().find_map(|field| Subject::webhook(receiver, field).ok()))
        .unwrap_or_else(Subject::webhook_unreadable)
}

fn is_header_value(value: &str) -> bool {
    !value.is_empty() && value.len() <= 64 && value.bytes().all(|byte| byte.is_ascii_graphic())
}
