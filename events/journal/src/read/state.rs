//! What a stream holds, and which stream it is.

use chrono::{DateTime, Utc};
use contract::Stream;
use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Journal};

/// A stream's extent at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// The first sequence that is still there; `last + 1` when it is empty.
    pub first: u64,
    /// The last sequence ever given; 0 when nothing was ever stored.
    pub last: u64,
    /// How many messages it holds.
    pub messages: u64,
    /// Their bytes, headers included.
    pub bytes: u64,
    /// When it was created. This is the stream's identity: a stream of the same name that was created at another time is another stream,
    /// and sequences of one mean nothing in the other.
    pub created: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Info {
    created: DateTime<Utc>,
    state: Counts,
}

#[derive(Deserialize)]
struct Counts {
    messages: u64,
    bytes: u64,
    first_seq: u64,
    last_seq: u64,
}

impl Journal {
    /// The stream's extent and identity.
    ///
    /// # Errors
    /// `Unavailable`, or `Refused` when there is no such stream.
    pub async fn state(&self, stream: Stream) -> Result<StreamState, Error> {
        state(&self.link, stream).await
    }

    /// The sequence of the last event whose subject matches `filter`, with `*` and `>`; 0 for none. Asked of the stream's leader.
    ///
    /// # Errors
    /// As [`Self::state`].
    pub async fn last_sequence(&self, stream: Stream, filter: &str) -> Result<u64, Error> {
        Ok(self.link.last_of(stream, filter).await?.map_or(0, |stored| stored.sequence))
    }

    /// The last sequence that the stream had at a moment, by the broker's clock: that is the time at which events were stored, not the time
    /// at which something happened. For a moment before the first event, it is the sequence before that event. The stream's leader is asked
    /// some thirty times.
    ///
    /// # Errors
    /// As [`Self::state`].
    pub async fn sequence_at(&self, stream: Stream, time: DateTime<Utc>) -> Result<u64, Error> {
        let StreamState { last, .. } = self.state(stream).await?;
        // Stored at that moment is what is before `low`; from `high` on it is later.
        let (mut low, mut high) = (1, last + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            // Of what is purged nobody knows the time: what comes next speaks for it.
            match self.link.first_from(stream, ">", middle).await? {
                Some(stored) if stored.sequence < high && stored.time <= time => low = stored.sequence + 1,
                _ => high = middle,
            }
        }
        Ok(low - 1)
    }
}

pub(crate) async fn state(link: &crate::link::Link, stream: Stream) -> Result<StreamState, Error> {
    let info: Info = link.request(&format!("$JS.API.STREAM.INFO.{stream}"), &Value::Null).await?;
    let Counts { messages, bytes, first_seq, last_seq } = info.state;
    Ok(StreamState { first: first_seq.max(1), last: last_seq, messages, bytes, created: info.created })
}
