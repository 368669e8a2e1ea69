//! One reader of one stream: a pull consumer without acknowledgements, made anew from the last sequence seen whenever anything
//! is in doubt: the connection, a gap in the consumer's numbering, silence.
//!
//! The consumer lives in the broker's memory and carries no state that matters. Two requests overlap, so that the broker
//! never waits for the next one; messages and bytes on their way are bounded by the window.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, StatusCode, Subscriber};
use contract::{Recorded, Stream};
use futures::{FutureExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::link::{Link, Since};
use crate::request::code;
use crate::{Error, wire};

/// How long a request for messages stays open, and how often the broker says that it is still there.
const REQUEST_OPEN: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After so long without a word the consumer is taken for lost.
const SILENCE_MAX: Duration = Duration::from_secs(12);
/// The broker forgets a consumer that nobody asks for this long.
const CONSUMER_IDLE: Duration = Duration::from_secs(60);
/// Pauses between attempts to make a consumer.
const AGAIN_PAUSE: Duration = Duration::from_millis(20);
const AGAIN_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How much may be on its way to a reader.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) events: usize,
    /// At least the largest message, or reading would stand still.
    pub(crate) bytes: usize,
}

impl Window {
    /// For reading what is there, as fast as it comes.
    pub(crate) const WIDE: Self = Self { events: 10_000, bytes: 32 * 1024 * 1024 };
    /// For following what comes.
    pub(crate) const NARROW: Self = Self { events: 1_000, bytes: 16 * 1024 * 1024 };
}

/// Events of a stream from a sequence on, in order, without gap or repeat.
pub(crate) struct Reader {
    link: Arc<Link>,
    stream: Stream,
    filters: Vec<String>,
    window: Window,
    /// The next sequence to read.
    next: u64,
    /// Matching messages in the stream behind the last one read, as the broker counts them; unknown without a consumer.
    pending: Option<u64>,
    consumer: Option<Consumer>,
    pause: Duration,
}

struct Consumer {
    name: String,
    inbox: String,
    messages: Subscriber,
    since: Since,
    delivered: u64,
    events_asked: usize,
    bytes_asked: usize,
    heard: Instant,
}

/// What a reader has to say.
pub(crate) enum Read {
    Event(Recorded),
    /// Nothing matches behind what was read, says the broker.
    Idle,
}

impl Reader {
    pub(crate) fn new(link: Arc<Link>, stream: Stream, filters: Vec<String>, from: u64, window: Window) -> Self {
        Self { link, stream, filters, window, next: from.max(1), pending: None, consumer: None, pause: AGAIN_PAUSE }
    }

    /// The sequence that is read next, or a later one.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.next
    }

    /// How many matching events are behind the last one read, as the broker said with it.
    pub(crate) fn pending(&self) -> Option<u64> {
        self.pending
    }

    /// What matches from `next_sequence` on, asked anew of the stream: the proof that an end is an end.
    pub(crate) async fn next_match(&self) -> Result<Option<u64>, Error> {
        let mut first = None;
        let everything = [">".to_owned()];
        let filters = if self.filters.is_empty() { &everything[..] } else { &self.filters };
        for filter in filters {
            let found = self.link.first_from(self.stream, filter, self.next).await?.map(|stored| stored.sequence);
            first = first.into_iter().chain(found).min();
        }
        Ok(first)
    }

    /// Gives up the consumer; the next read makes another.
    pub(crate) fn renew(&mut self) {
        self.pending = None;
        if let Some(consumer) = self.consumer.take() {
            forget(&self.link, self.stream, consumer.name);
        }
    }

    /// The next event, or word that there is none now. May be dropped while waiting and called again.
    ///
    /// # Errors
    /// Only what waiting does not mend: no permission, no such stream, a message that is no event.
    pub(crate) async fn read(&mut self) -> Result<Read, Error> {
        loop {
            let Some(consumer) = &mut self.consumer else {
                if self.attach().await? {
                    return Ok(Read::Idle);
                }
                continue;
            };
            ask(&self.link, self.stream, consumer, self.window).await;
            let message = tokio::select! {
                biased;
                message = consumer.messages.next() => message,
                error = consumer.since.broken(|_| false) => { tracing::debug!(stream = self.stream.name(), %error, "reading anew"); None }
                () = tokio::time::sleep_until(consumer.heard + SILENCE_MAX) => None,
            };
            let Some(message) = message else {
                self.renew();
                continue;
            };
            consumer.heard = Instant::now();
            if let Some(status) = message.status {
                if self.on_status(status, &message) {
                    return Ok(Read::Idle);
                }
                continue;
            }
            if let Some(sequence) = self.place(&message) {
                let Message { subject, headers, payload, .. } = message;
                let event = wire::decode(self.stream, sequence, &subject, headers.as_ref(), payload)?;
                return Ok(Read::Event(event));
            }
        }
    }

    /// What is there already, without waiting.
    pub(crate) fn read_ready(&mut self) -> Option<Result<Read, Error>> {
        self.consumer.as_ref()?;
        self.read().now_or_never()
    }

    /// Where the message belongs; `None` when it is not the one that must come next, and reading starts anew.
    fn place(&mut self, message: &Message) -> Option<u64> {
        let consumer = self.consumer.as_mut()?;
        consumer.events_asked = consumer.events_asked.saturating_sub(1);
        consumer.bytes_asked = consumer.bytes_asked.saturating_sub(message.length);
        let place = message.reply.as_deref().and_then(Place::parse);
        match place {
            Some(place) if place.delivered == consumer.delivered + 1 && place.sequence >= self.next => {
                consumer.delivered = place.delivered;
                self.next = place.sequence + 1;
                self.pending = Some(place.pending);
                self.pause = AGAIN_PAUSE;
                Some(place.sequence)
            }
            Some(place) if place.delivered == consumer.delivered + 1 => {
                consumer.delivered = place.delivered; // before the start that was asked for: the stream ended earlier
                None
            }
            _ => {
                tracing::warn!(stream = self.stream.name(), stream.seq = self.next, "the broker left out a message, reading anew");
                self.renew();
                None
            }
        }
    }

    /// Says whether the reader has seen everything there is.
    fn on_status(&mut self, status: StatusCode, message: &Message) -> bool {
        let Some(consumer) = self.consumer.as_mut() else { return false };
        let number = |name: &str| message.headers.as_ref().and_then(|headers| headers.get(name)?.as_str().parse::<usize>().ok()).unwrap_or(0);
        match status.as_u16() {
            100 => return number("Nats-Last-Consumer") as u64 == consumer.delivered,
            // The request is over: out of time, or full.
            408 => consumer.end_request(number("Nats-Pending-Messages"), number("Nats-Pending-Bytes")),
            409 if message.description.as_deref().is_some_and(|text| text.starts_with("Batch Completed") || text.starts_with("Message Size")) => {
                consumer.end_request(number("Nats-Pending-Messages"), number("Nats-Pending-Bytes"));
            }
            _ => self.renew(), // the consumer is gone, the server shuts down, nobody answers
        }
        false
    }

    /// Makes a consumer from `next` on. Says whether nothing matches now.
    async fn attach(&mut self) -> Result<bool, Error> {
        match self.try_attach().await {
            Ok(idle) => Ok(idle),
            Err(Error::Unavailable(cause)) => {
                tracing::debug!(stream = self.stream.name(), cause, "cannot read now");
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(AGAIN_PAUSE_MAX);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn try_attach(&mut self) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Created {
            num_pending: u64,
        }
        let since = self.link.since();
        let (name, inbox) = (self.link.unique(), self.link.client().new_inbox());
        let messages = self.link.client().subscribe(inbox.clone()).await.map_err(|error| Error::Unavailable(error.to_string()))?;
        let (subject, body) = creation(self.stream, &name, &self.filters, self.next);
        let created: Created = match self.link.request(&subject, &body).await {
            Err(Error::Refused { code: code::NO_STREAM, description, .. }) => {
                return Err(Error::Refused { request: subject, code: code::NO_STREAM, description });
            }
            other => other?,
        };
        self.pending = Some(created.num_pending);
        self.consumer =
            Some(Consumer { name, inbox, messages, since, delivered: 0, events_asked: 0, bytes_asked: 0, heard: Instant::now() });
        Ok(created.num_pending == 0)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.renew();
    }
}

impl Consumer {
    fn end_request(&mut self, events: usize, bytes: usize) {
        self.events_asked = self.events_asked.saturating_sub(events);
        self.bytes_asked = self.bytes_asked.saturating_sub(bytes);
    }
}

/// Asks for more when half of the window or less is on its way.
async fn ask(link: &Link, stream: Stream, consumer: &mut Consumer, window: Window) {
    if consumer.events_asked > window.events / 2 && consumer.bytes_asked > window.bytes / 2 {
        return;
    }
    let body = json!({
        "batch": window.events,
        "max_bytes": window.bytes,
        "expires": REQUEST_OPEN.as_nanos() as u64,
        "idle_heartbeat": HEARTBEAT.as_nanos() as u64,
    });
    let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{}", consumer.name);
    // Counted only when it is sent: whoever reads may stop waiting here.
    match link.client().publish_with_reply(subject, consumer.inbox.clone(), body.to_string().into()).await {
        Ok(()) => {
            consumer.events_asked += window.events;
            consumer.bytes_asked += window.bytes;
        }
        Err(error) => tracing::debug!(stream = stream.name(), %error, "request for messages not sent"),
    }
}

fn creation(stream: Stream, name: &str, filters: &[String], from: u64) -> (String, Value) {
    let mut config = json!({
        "name": name,
        "deliver_policy": "by_start_sequence",
        "opt_start_seq": from,
        "ack_policy": "none",
        "replay_policy": "instant",
        "mem_storage": true,
        "num_replicas": 1,
        "inactive_threshold": CONSUMER_IDLE.as_nanos() as u64,
    });
    let mut subject = format!("$JS.API.CONSUMER.CREATE.{stream}.{name}");
    match filters {
        [] => {}
        [filter] => {
            // With the filter in the subject, the broker's permissions can tell who may read what.
            subject = format!("{subject}.{filter}");
            config["filter_subject"] = filter.as_str().into();
        }
        several => config["filter_subjects"] = several.into(),
    }
    (subject, json!({ "stream_name": stream.name(), "config": config }))
}

fn forget(link: &Arc<Link>, stream: Stream, name: String) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    if !link.connected() {
        return;
    }
    let link = Arc::clone(link);
    runtime.spawn(async move {
        // Left alone, the broker forgets it after a minute.
        let _ = link.client().publish(format!("$JS.API.CONSUMER.DELETE.{stream}.{name}"), bytes::Bytes::new()).await;
    });
}

/// What the broker says about a delivered message, in its reply subject: `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.
/// <consumer sequence>.<time>.<pending>`, with domain and account before the stream where there are some (ADR-15).
struct Place {
    sequence: u64,
    delivered: u64,
    pending: u64,
}

impl Place {
    fn parse(reply: &str) -> Option<Self> {
        let rest = reply.strip_prefix("$JS.ACK.")?;
        let mut tokens = rest.split('.');
        let skipped = if rest.bytes().filter(|byte| *byte == b'.').count() > 6 { 5 } else { 3 };
        let sequence = tokens.nth(skipped)?.parse().ok()?;
        let delivered = tokens.next()?.parse().ok()?;
        let pending = tokens.nth(1)?.parse().ok()?;
        Some(Self { sequence, delivered, pending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_reply_subject_are_read() {
        for reply in ["$JS.ACK.s.c.1.42.7.1700000000.5", "$JS.ACK._.hash.s.c.1.42.7.1700000000.5.random"] {
            let place = Place::parse(reply).unwrap();
            assert_eq!((place.sequence, place.delivered, place.pending), (42, 7, 5), "{reply}");
        }
        assert!(Place::parse("_INBOX.x").is_none());
    }
}
