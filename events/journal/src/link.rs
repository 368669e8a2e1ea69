//! One connection to the broker, and what the client library keeps to itself: a request whose connection was lost ends at
//! once instead of at its time-out, and so does one that the user has no permission for.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::{Client, Event, HeaderMap, Message, Request, ServerError};
use bytes::Bytes;
use tokio::sync::watch;

/// How many refused subjects are remembered: enough for one burst between two polls of the waiting requests.
const FORBIDDEN_REMEMBERED: usize = 64;

/// Where answers come: whoever may not listen there gets none at all.
const INBOXES: &str = "_INBOX.";

/// Why there is no answer. In every case but `Forbidden`, what was asked may have been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallError {
    /// The connection broke while waiting.
    Lost,
    /// No answer in time.
    TimedOut,
    /// Nobody listens on the subject: JetStream is off, still starting, or has no such stream.
    NoResponders,
    /// The user may not publish there.
    Forbidden(String),
    /// The client library refused the message.
    Invalid(String),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lost => f.write_str("the connection was lost"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::NoResponders => f.write_str("nobody answers: JetStream is off or still starting"),
            Self::Forbidden(subject) => write!(f, "not permitted to use {subject}"),
            Self::Invalid(cause) => f.write_str(cause),
        }
    }
}

/// What the connection has lived through.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    losses: u64,
    connected: bool,
    refusals: u64,
    forbidden: VecDeque<(u64, String)>,
}

impl Signals {
    fn note(&mut self, event: &Event) -> bool {
        match event {
            Event::Connected => self.connected = true,
            Event::Disconnected | Event::Closed => {
                self.connected = false;
                self.losses += 1;
            }
            Event::ServerError(ServerError::Other(text)) => {
                let Some(subject) = forbidden_subject(text) else { return false };
                self.refusals += 1;
                self.forbidden.push_back((self.refusals, subject.to_owned()));
                if self.forbidden.len() > FORBIDDEN_REMEMBERED {
                    self.forbidden.pop_front();
                }
            }
            _ => return false, // the library's events, not ours: lame duck, slow consumer
        }
        true
    }
}

/// `Permissions Violation for Publish to "webhook.1.messages"`.
fn forbidden_subject(text: &str) -> Option<&str> {
    let (_, rest) = text.strip_prefix("Permissions Violation for ")?.split_once('"')?;
    Some(rest.split_once('"')?.0)
}

/// The connection.
pub(crate) struct Link {
    client: Client,
    signals: watch::Receiver<Signals>,
    /// Where it leads, for people: without a password.
    pub(crate) url: String,
    pub(crate) replicas: usize,
    batches: AtomicU64,
    name: String,
}

/// A point in the connection's life; what came before it is no longer news.
#[derive(Clone)]
pub(crate) struct Since {
    signals: watch::Receiver<Signals>,
    losses: u64,
    refusals: u64,
}

impl Since {
    /// Ends when the connection is lost or a use of one of the subjects is refused.
    pub(crate) async fn broken(&mut self, ours: impl Fn(&str) -> bool) -> CallError {
        loop {
            if let Some(error) = self.check(&ours) {
                return error;
            }
            if self.signals.changed().await.is_err() {
                return CallError::Lost;
            }
        }
    }

    /// As [`Self::broken`], without waiting.
    pub(crate) fn check(&mut self, ours: impl Fn(&str) -> bool) -> Option<CallError> {
        let now = self.signals.borrow_and_update();
        let refused = now.forbidden.iter().find(|(at, subject)| *at > self.refusals && ours(subject));
        match refused {
            Some((_, subject)) => Some(CallError::Forbidden(subject.clone())),
            None if now.losses > self.losses => Some(CallError::Lost),
            None => None,
        }
    }
}

impl Link {
    pub(crate) fn new(client: Client, signals: watch::Receiver<Signals>, url: String, replicas: usize) -> Self {
        let inbox = client.new_inbox();
        let name = inbox.chars().rev().take(8).collect(); // random per connection
        Self { client, signals, url, replicas, batches: AtomicU64::new(0), name }
    }

    /// A fresh record of events and its writer, for the client's event callback.
    pub(crate) fn signals() -> (watch::Sender<Signals>, watch::Receiver<Signals>) {
        watch::channel(Signals::default())
    }

    pub(crate) fn record(sender: &watch::Sender<Signals>, event: &Event) {
        sender.send_if_modified(|signals| signals.note(event));
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn connected(&self) -> bool {
        self.signals.borrow().connected
    }

    /// How often the connection was lost.
    pub(crate) fn losses(&self) -> u64 {
        self.signals.borrow().losses
    }

    pub(crate) fn since(&self) -> Since {
        let mut signals = self.signals.clone();
        let (losses, refusals) = {
            let now = signals.borrow_and_update();
            (now.losses, now.refusals)
        };
        Since { signals, losses, refusals }
    }

    /// A name that no other batch or consumer has.
    pub(crate) fn unique(&self) -> String {
        format!("{}{:x}", self.name, self.batches.fetch_add(1, Ordering::Relaxed))
    }

    /// The largest message, headers included.
    pub(crate) fn payload_bytes_max(&self) -> usize {
        self.client.max_payload()
    }

    /// Asks and waits for one answer, at most `within`.
    pub(crate) async fn call(
        &self,
        subject: &str,
        headers: Option<HeaderMap>,
        payload: Bytes,
        within: Duration,
    ) -> Result<Message, CallError> {
        let mut since = self.since();
        let mut request = Request::new().payload(payload).timeout(None);
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let answer = self.client.send_request(subject.to_owned(), request);
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|error| match error.kind() {
                async_nats::RequestErrorKind::TimedOut => CallError::TimedOut,
                async_nats::RequestErrorKind::NoResponders => CallError::NoResponders,
                async_nats::RequestErrorKind::Other => CallError::Lost,
                _ => CallError::Invalid(error.to_string()),
            }),
            error = since.broken(|refused| refused == subject || refused.starts_with(INBOXES)) => Err(error),
            () = tokio::time::sleep(within) => Err(CallError::TimedOut),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_names_its_subject() {
        assert_eq!(forbidden_subject(r#"Permissions Violation for Publish to "webhook.1.messages""#), Some("webhook.1.messages"));
        assert_eq!(forbidden_subject("Authorization Timeout"), None);
    }
}
