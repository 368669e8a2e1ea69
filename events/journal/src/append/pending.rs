//! One append on its way: checked, encoded, with the time it has and whoever waits for it.

use std::collections::HashSet;

use async_nats::HeaderMap;
use bytes::Bytes;
use contract::{EventId, NewEvent, Stream, Subject};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{APPEND_TIME_MAX, Append, AppendError, BATCH_EVENTS_MAX, Expect, Position};
use crate::wire;

pub(super) type Outcome = Result<Vec<Position>, AppendError>;

/// The events of one subject.
pub(super) struct Part {
    pub(super) subject: Subject,
    pub(super) expect: Expect,
    pub(super) messages: Vec<Message>,
}

/// An event, encoded in the caller's task; encoded again only if it must be sent again.
pub(super) struct Message {
    event: NewEvent,
    headers: Option<HeaderMap>,
}

impl Message {
    pub(super) fn id(&self) -> EventId {
        self.event.id
    }

    pub(super) fn take(&mut self) -> (HeaderMap, Bytes) {
        let headers = self.headers.take().unwrap_or_else(|| wire::encode(&self.event).0);
        (headers, self.event.data.clone())
    }
}

/// An append in the committer's hands.
pub(super) struct Pending {
    pub(super) stream: Stream,
    pub(super) parts: Vec<Part>,
    pub(super) events: usize,
    pub(super) bytes: usize,
    pub(super) since: Instant,
    pub(super) deadline: Instant,
    /// It failed in company: from now on it travels alone.
    pub(super) alone: bool,
    waiting: oneshot::Sender<Outcome>,
}

impl Pending {
    pub(super) fn new(appends: Vec<Append>, bytes_max: usize) -> Result<(Self, oneshot::Receiver<Outcome>), AppendError> {
        let Some(stream) = appends.first().map(|append| append.subject.stream()) else {
            return Err(AppendError::Refused("nothing to append".to_owned()));
        };
        let mut subjects = HashSet::new();
        let (mut events, mut bytes) = (0, 0);
        let mut parts = Vec::with_capacity(appends.len());
        for Append { subject, expect, events: given } in appends {
            if subject.stream() != stream {
                return Err(AppendError::Refused(format!("{subject} is not of stream {stream}, as the first subject is")));
            }
            if given.is_empty() || !subjects.insert(subject.clone()) {
                return Err(AppendError::Refused(format!("{subject} must appear once, with at least one event")));
            }
            events += given.len();
            let mut messages = Vec::with_capacity(given.len());
            for event in given {
                let (headers, size) = wire::encode(&event);
                if size > bytes_max {
                    return Err(AppendError::TooLarge { size, limit: bytes_max, unit: "bytes" });
                }
                bytes += size;
                messages.push(Message { event, headers: Some(headers) });
            }
            parts.push(Part { subject, expect, messages });
        }
        if events > BATCH_EVENTS_MAX {
            return Err(AppendError::TooLarge { size: events, limit: BATCH_EVENTS_MAX, unit: "events" });
        }
        let (waiting, outcome) = oneshot::channel();
        let since = Instant::now();
        Ok((Self { stream, parts, events, bytes, since, deadline: since + APPEND_TIME_MAX, alone: false, waiting }, outcome))
    }

    /// What names the append as a whole: it was stored exactly if its last event was.
    pub(super) fn id(&self) -> Option<EventId> {
        self.parts.last().and_then(|part| part.messages.last()).map(Message::id)
    }

    /// Whether it is one event, which needs no atomic batch.
    pub(super) fn is_single(&self) -> bool {
        self.events == 1
    }

    /// The positions of the parts, given the sequence of the last event of all.
    pub(super) fn positions(&self, last: u64, duplicate: bool) -> Vec<Position> {
        let mut sequence = last.saturating_sub(self.events as u64);
        let position = |part: &Part| {
            sequence += part.messages.len() as u64;
            Position { stream: self.stream, sequence, duplicate }
        };
        self.parts.iter().map(position).collect()
    }

    /// Tells the waiting caller; one who went away is no error.
    pub(super) fn answer(self, outcome: Outcome) {
        metrics::histogram!("journal_append_seconds", "stream" => self.stream.name()).record(self.since.elapsed().as_secs_f64());
        let _ = self.waiting.send(outcome);
    }
}
