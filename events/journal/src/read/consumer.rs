//! The broker's side of a reader: a pull consumer without acknowledgements, in the broker's memory. It carries no state that
//! matters; whoever is in doubt about it makes another.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use contract::Stream;
use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Error;
use crate::link::{CallError, Link, Since};

/// How long a request for messages stays open, and how often the broker says that it is still there.
const REQUEST_OPEN: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After so long without a word the consumer is taken for lost.
const SILENCE_MAX: Duration = Duration::from_secs(12);
/// The broker forgets a consumer that nobody asks for this long.
const CONSUMER_IDLE: Duration = Duration::from_secs(60);

/// How much may be on its way to a reader.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) events: usize,
    /// At least the size of the largest message (8 MB, see deploy/nats), or reading would get stuck. The sum over all readers of a
    /// connection must not exceed the server's `max_pending`, or the server closes the connection.
    pub(crate) bytes: usize,
}

impl Window {
    /// For reading what is there, as fast as it comes.
    pub(crate) const WIDE: Self = Self { events: 10_000, bytes: 16 * 1024 * 1024 };
    /// For following what comes.
    pub(crate) const NARROW: Self = Self { events: 1_000, bytes: 10 * 1024 * 1024 };

    /// The same for a reader that wants so many events and no more: what else came would be thrown away.
    pub(crate) fn at_most(self, events: u64) -> Self {
        Self { events: usize::try_from(events).unwrap_or(usize::MAX).clamp(1, self.events), ..self }
    }
}

/// A consumer, and what was asked of it.
pub(super) struct Consumer {
    link: Arc<Link>,
    stream: Stream,
    name: String,
    /// Where it is asked for messages, and where they come.
    asked_at: String,
    inbox: String,
    messages: Subscriber,
    since: Since,
    delivered: u64,
    events_asked: usize,
    bytes_asked: usize,
    heard: Instant,
}

/// A delivered message, or what the broker says instead of one.
#[expect(clippy::large_enum_variant, reason = "one per event read, and nearly always the large one: a box would only cost")]
pub(super) enum Delivery {
    Event(Message, Place),
    /// Nothing more to deliver for now.
    Idle,
    /// Nothing to do with reading on.
    Aside,
    /// A message is missing or the consumer is gone: make another.
    Broken,
}

impl Consumer {
    /// Makes one from a sequence on. Says how many messages match, too.
    pub(super) async fn create(link: &Arc<Link>, stream: Stream, filters: &[String], from: u64) -> Result<(Self, u64), Error> {
        #[derive(Deserialize)]
        struct Created {
            num_pending: u64,
        }
        let since = link.since();
        let (name, inbox) = (link.unique(), link.client().new_inbox());
        let messages = link.client().subscribe(inbox.clone()).await.map_err(|error| Error::Unavailable(error.to_string()))?;
        let (subject, body) = creation(stream, &name, filters, from);
        let created: Created = link.request(&subject, &body).await?;
        let asked_at = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}");
        let (link, heard) = (Arc::clone(link), Instant::now());
        let consumer = Self { link, stream, name, asked_at, inbox, messages, since, delivered: 0, events_asked: 0, bytes_asked: 0, heard };
        Ok((consumer, created.num_pending))
    }

    /// The next delivery. May be dropped while waiting and called again.
    pub(super) async fn next(&mut self, window: Window) -> Result<Delivery, Error> {
        self.ask(window).await;
        let (asked_at, inbox) = (&self.asked_at, &self.inbox);
        let message = tokio::select! {
            biased;
            message = self.messages.next() => message,
            error = self.since.broken(|refused| refused == asked_at || refused == inbox) => match error {
                CallError::Forbidden(subject) => return Err(Error::Forbidden(subject)),
                _ => None,
            },
            () = tokio::time::sleep_until(self.heard + SILENCE_MAX) => None,
        };
        let Some(message) = message else { return Ok(Delivery::Broken) };
        self.heard = Instant::now();
        if let Some(status) = message.status {
            return Ok(self.on_status(status.as_u16(), &message));
        }
        self.events_asked = self.events_asked.saturating_sub(1);
        self.bytes_asked = self.bytes_asked.saturating_sub(message.length);
        match message.reply.as_deref().and_then(Place::parse) {
            Some(place) if place.delivered == self.delivered + 1 => {
                self.delivered = place.delivered;
                Ok(Delivery::Event(message, place))
            }
            _ => {
                tracing::warn!(stream = self.stream.name(), "the broker left out a message, reading anew");
                Ok(Delivery::Broken)
            }
        }
    }

    /// Asks for more when half of the window or less is on its way, so that the broker never waits for the next request.
    async fn ask(&mut self, window: Window) {
        if self.events_asked > window.events / 2 && self.bytes_asked > window.bytes / 2 {
            return;
        }
        let body = json!({
            "batch": window.events,
            "max_bytes": window.bytes,
            "expires": nanos(REQUEST_OPEN),
            "idle_heartbeat": nanos(HEARTBEAT),
        });
        let publish = self.link.client().publish_with_reply(self.asked_at.clone(), self.inbox.clone(), body.to_string().into());
        // Counted only when it is sent: whoever reads may stop waiting here.
        match publish.await {
            Ok(()) => {
                self.events_asked += window.events;
                self.bytes_asked += window.bytes;
            }
            Err(error) => tracing::debug!(stream = self.stream.name(), %error, "request for messages not sent"),
        }
    }

    fn on_status(&mut self, status: u16, message: &Message) -> Delivery {
        let number =
            |name: &str| message.headers.as_ref().and_then(|headers| headers.get(name)?.as_str().parse::<usize>().ok()).unwrap_or(0);
        let description = message.description.as_deref().unwrap_or("");
        match status {
            100 => match (number("Nats-Last-Consumer") as u64).cmp(&self.delivered) {
                Ordering::Equal => Delivery::Idle,
                Ordering::Less => Delivery::Aside, // said before the last message
                Ordering::Greater => Delivery::Broken,
            },
            // The request is over: out of time, or full.
            408 | 409 if status == 408 || description.starts_with("Batch Completed") || description.starts_with("Message Size") => {
                self.events_asked = self.events_asked.saturating_sub(number("Nats-Pending-Messages"));
                self.bytes_asked = self.bytes_asked.saturating_sub(number("Nats-Pending-Bytes"));
                Delivery::Aside
            }
            // The consumer is gone, the server shuts down, nobody answers.
            _ => Delivery::Broken,
        }
    }
}

impl Drop for Consumer {
    /// Left alone, the broker forgets it after a minute; this is sooner.
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.link.connected() {
            let (link, subject) = (Arc::clone(&self.link), format!("$JS.API.CONSUMER.DELETE.{}.{}", self.stream, self.name));
            runtime.spawn(async move { link.client().publish(subject, Bytes::new()).await });
        }
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
        "inactive_threshold": nanos(CONSUMER_IDLE),
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

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What the broker says about a delivered message, in its reply subject: `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.
/// <consumer sequence>.<time>.<pending>`, with domain and account before the stream where there are some (ADR-15).
pub(super) struct Place {
    pub(super) sequence: u64,
    pub(super) delivered: u64,
    pub(super) pending: u64,
}

impl Place {
    fn parse(reply: &str) -> Option<Self> {
        const TOKENS: usize = 7;
        let rest = reply.strip_prefix("$JS.ACK.")?;
        let mut tokens = rest.split('.');
        let skipped = if rest.bytes().filter(|byte| *byte == b'.').count() >= TOKENS { 5 } else { 3 };
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
