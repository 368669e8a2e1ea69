//! A log of its own for each test, and events to fill it with.

use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use contract::{ContactId, Context, EventId, NewEvent, ProjectId, Recorded, Stream, Subject};
use futures::StreamExt;
use journal::{ConnectOptions, Filter, Journal, Range};
use ulid::Ulid;

use crate::broker::Broker;

/// Longer than anything here takes, the broker's restarts included.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Log {
    pub(crate) nats: Broker,
    pub(crate) journal: Journal,
}

impl Log {
    /// An empty log with every stream.
    pub(crate) async fn start() -> Self {
        Self::on(Broker::start().await).await
    }

    /// The same on a broker whose files and settings are the test's.
    pub(crate) async fn own() -> Self {
        Self::on(Broker::own().await).await
    }

    async fn on(nats: Broker) -> Self {
        let journal = connect(&nats).await;
        journal.open(&Stream::ALL).await.expect("streams open");
        Self { nats, journal }
    }

    /// Another process, as far as the broker can tell.
    pub(crate) async fn another(&self) -> Journal {
        connect(&self.nats).await
    }

    pub(crate) async fn all(&self, stream: Stream) -> Vec<Recorded> {
        self.matching(stream, Filter::all()).await
    }

    pub(crate) async fn matching(&self, stream: Stream, filter: Filter) -> Vec<Recorded> {
        let events = self.journal.replay(stream, Range::ALL, filter).map(|event| event.expect("replay goes on")).collect();
        within(PATIENCE, "the end of a replay", events).await
    }
}

pub(crate) async fn connect(nats: &Broker) -> Journal {
    Journal::connect(options(nats)).await.expect("connects")
}

pub(crate) fn options(nats: &Broker) -> ConnectOptions {
    ConnectOptions { replicas: nats.replicas(), ..ConnectOptions::new(nats.url(), "law") }
}

/// Waits for something that must happen.
pub(crate) async fn within<T>(time: Duration, what: &str, happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(time, happens).await.unwrap_or_else(|_| panic!("waited {time:?} for {what}"))
}

/// The `n`th event; the same `n` is the same event.
pub(crate) fn event(n: u64) -> NewEvent {
    NewEvent {
        id: EventId::derive("law", &[&n.to_string()]),
        event_type: "conversation.law.v1",
        source: "/law",
        time: DateTime::from_timestamp(1_794_992_403, 0).unwrap(),
        context: Context::default(),
        extensions: Vec::new(),
        content_type: "application/json",
        data: Bytes::from(n.to_string()),
    }
}

pub(crate) fn number(event: &Recorded) -> u64 {
    std::str::from_utf8(&event.data).unwrap().parse().unwrap()
}

pub(crate) fn numbers<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Vec<u64> {
    events.into_iter().map(number).collect()
}

/// The `n`th contact of the only project.
pub(crate) fn contact(n: u64) -> Subject {
    contact_of(1, n)
}

pub(crate) fn contact_of(project: u64, n: u64) -> Subject {
    Subject::conversation(ProjectId::from_ulid(Ulid::from_parts(1, project.into())), ContactId::from_ulid(Ulid::from_parts(2, n.into())))
}
