//! Which keys are held: a fold over the `parked` stream, the same for a starting follower and for the operator's tool.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use contract::{Event, EventSkipped, HoldKind, KeyHeld, KeyReleased, ParkedEvent, Recorded, RetryRequested, Stream, Subject};
use futures::StreamExt;

use super::event;
use super::follower::bad_name;
use crate::{AppendError, Error, Expect, Filter, Journal, Range};

/// A key that waits, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldKey {
    /// Which service holds it.
    pub service: String,
    /// Of which stream.
    pub stream: Stream,
    /// The leading tokens of the subjects that wait.
    pub key: String,
    /// The first event that was not handled.
    pub from_sequence: u64,
    /// Whether someone must look, or it is tried again by itself.
    pub kind: HoldKind,
    /// What the handler said.
    pub cause: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when, or when it was last tried.
    pub since: DateTime<Utc>,
    /// Since when it has been held without a break, however often it was tried.
    pub held_since: DateTime<Utc>,
    /// Another attempt was asked for and has not ended yet.
    pub retry_requested: bool,
    /// Events to pass over.
    pub skipped: BTreeSet<u64>,
}

/// Held keys by service, stream and key.
#[derive(Debug, Default)]
pub(super) struct Fold(pub(super) BTreeMap<(String, Stream, String), HeldKey>);

impl Fold {
    /// Events of other followers' subjects may be mixed in. What cannot be read is left to whoever wrote it.
    pub(super) fn apply(&mut self, recorded: &Recorded) {
        let (Some(service), Some(stream)) = (recorded.subject.token(1), recorded.subject.token(2).and_then(Stream::parse)) else { return };
        let event = match ParkedEvent::decode(recorded) {
            Ok(event) => event,
            Err(error) => return tracing::error!(stream.seq = recorded.sequence, %error, "parked event not understood"),
        };
        let id = |key: &str| (service.to_owned(), stream, key.to_owned());
        match event {
            ParkedEvent::KeyHeld(KeyHeld { key, from_sequence, kind, cause, attempts }) => {
                let (skipped, held_since) =
                    self.0.remove(&id(&key)).map_or_else(|| (BTreeSet::new(), recorded.time), |held| (held.skipped, held.held_since));
                let service = service.to_owned();
                let held = HeldKey {
                    service,
                    stream,
                    key,
                    from_sequence,
                    kind,
                    cause,
                    attempts,
                    since: recorded.time,
                    held_since,
                    retry_requested: false,
                    skipped,
                };
                self.0.insert(id(&held.key), held);
            }
            ParkedEvent::RetryRequested(RetryRequested { key }) => {
                if let Some(held) = self.0.get_mut(&id(&key)) {
                    held.retry_requested = true;
                }
            }
            ParkedEvent::EventSkipped(EventSkipped { key, sequence, reason: _ }) => {
                if let Some(held) = self.0.get_mut(&id(&key)) {
                    held.skipped.insert(sequence);
                    held.retry_requested = true;
                }
            }
            ParkedEvent::KeyReleased(KeyReleased { key, through_sequence: _ }) => {
                self.0.remove(&id(&key));
            }
        }
    }
}

impl Journal {
    /// Every key that any follower holds.
    ///
    /// # Errors
    /// As reading the stream `parked`.
    pub async fn parked(&self) -> Result<Vec<HeldKey>, Error> {
        let (fold, _) = self.fold_parked(Filter::all()).await?;
        Ok(fold.0.into_values().collect())
    }

    /// The fold, and the last sequence that went into it.
    pub(super) async fn fold_parked(&self, filter: Filter) -> Result<(Fold, u64), Error> {
        let mut fold = Fold::default();
        let through = self.state(Stream::Parked).await?.last;
        let mut events = std::pin::pin!(self.replay(Stream::Parked, Range { from: 1, through: Some(through) }, filter));
        while let Some(event) = events.next().await {
            fold.apply(&event?);
        }
        Ok((fold, through))
    }

    /// Asks the follower for another attempt at a held key, also when it does not run now.
    ///
    /// # Errors
    /// As an append.
    pub async fn request_retry(&self, service: &str, stream: Stream, key: &str) -> Result<(), AppendError> {
        self.tell(service, stream, key, RetryRequested { key: key.to_owned() }.into()).await
    }

    /// Has one event of a held key passed over, and the key tried again.
    ///
    /// # Errors
    /// As an append.
    pub async fn skip(&self, service: &str, stream: Stream, key: &str, sequence: u64, reason: &str) -> Result<(), AppendError> {
        self.tell(service, stream, key, EventSkipped { key: key.to_owned(), sequence, reason: reason.to_owned() }.into()).await
    }

    async fn tell(&self, service: &str, stream: Stream, key: &str, what: ParkedEvent) -> Result<(), AppendError> {
        let refused = |error: Error| AppendError::Unavailable(error.to_string());
        let subject = Subject::parked(service, stream).map_err(|error| AppendError::Refused(bad_name(service, &error).to_string()))?;
        let last = self.last(&subject).await.map_err(refused)?.map_or(0, |event| event.sequence);
        let event = event::parked(what, service, stream, key, last);
        self.append(&subject, Expect::Any, vec![event]).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(events: Vec<ParkedEvent>) -> Option<HeldKey> {
        let mut fold = Fold::default();
        for (event, sequence) in events.into_iter().zip(1..) {
            fold.apply(&event::recorded(event, sequence));
        }
        fold.0.into_values().next()
    }

    fn held(from_sequence: u64) -> ParkedEvent {
        KeyHeld { key: "k".into(), from_sequence, kind: HoldKind::Parked, cause: "c".into(), attempts: 3 }.into()
    }

    #[test]
    fn a_key_is_held_since_it_was_not_free_any_more_however_often_it_is_tried() {
        let times = [10, 20, 30].map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap());
        let mut fold = Fold::default();
        for ((from, time), sequence) in [5, 5, 7].into_iter().zip(times).zip(1..) {
            fold.apply(&Recorded { time, ..event::recorded(held(from), sequence) });
        }
        let now = fold.0.values().next().unwrap();
        assert_eq!((now.held_since, now.since), (times[0], times[2]));
        fold.apply(&event::recorded(KeyReleased { key: "k".into(), through_sequence: 9 }.into(), 4));
        fold.apply(&Recorded { time: times[1], ..event::recorded(held(11), 5) });
        assert_eq!(fold.0.values().next().unwrap().held_since, times[1], "it was free meanwhile");
    }

    #[test]
    fn the_last_word_about_a_key_counts() {
        let retry = || ParkedEvent::from(RetryRequested { key: "k".into() });
        let skip = |sequence| ParkedEvent::from(EventSkipped { key: "k".into(), sequence, reason: "r".into() });
        let released = || ParkedEvent::from(KeyReleased { key: "k".into(), through_sequence: 9 });
        assert!(!fold(vec![held(5)]).unwrap().retry_requested);
        assert!(fold(vec![held(5), retry()]).unwrap().retry_requested);
        assert!(!fold(vec![held(5), retry(), held(7)]).unwrap().retry_requested, "the attempt was made");
        assert_eq!(fold(vec![held(5), skip(5), held(7)]).unwrap().skipped, BTreeSet::from([5]));
        assert_eq!(fold(vec![held(5), released()]), None);
        assert_eq!(fold(vec![retry()]), None, "a key that is not held cannot be retried");
    }
}
