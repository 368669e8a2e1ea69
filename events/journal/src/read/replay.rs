//! A range of a stream, in order, as fast as the broker gives it; or everything from a sequence on, for ever.

use std::sync::Arc;
use std::time::Duration;

use contract::{Recorded, Stream};
use futures::stream::{self, Stream as Events};
use tokio::time::Instant;

use super::consumer::Window;
use super::reader::Reader;
use super::state::state;
use crate::link::Link;
use crate::{Error, Journal};

/// How long a replay waits for a broker that is away before it gives up.
const REPLAY_OUTAGE_MAX: Duration = Duration::from_secs(60);
const REPLAY_OUTAGE_PAUSE: Duration = Duration::from_millis(200);

/// Which sequences, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first, from 1.
    pub from: u64,
    /// The last; `None` for the stream's last one when reading starts.
    pub through: Option<u64>,
}

impl Range {
    /// Everything there is when reading starts.
    pub const ALL: Self = Self { from: 1, through: None };

    /// From a sequence to what is last when reading starts.
    pub const fn from(sequence: u64) -> Self {
        Self { from: sequence, through: None }
    }
}

/// Which subjects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    subjects: Vec<String>,
}

impl Filter {
    /// All of them. For a whole log this is faster than any filter: the broker is slow at many subjects.
    pub const fn all() -> Self {
        Self { subjects: Vec::new() }
    }

    /// Those that match any of the patterns; `*` is one token, `>` the rest. Patterns must not overlap.
    pub fn subjects<S: Into<String>>(patterns: impl IntoIterator<Item = S>) -> Self {
        Self { subjects: patterns.into_iter().map(Into::into).collect() }
    }
}

impl Journal {
    /// The events of a range, in order, without gap or repeat; ends by itself at the range's end. Survives a broker that is away
    /// for up to a minute.
    ///
    /// The first error ends it: `Unavailable`, `Forbidden`, or `NotAnEvent`.
    pub fn replay(&self, stream: Stream, range: Range, filter: Filter) -> impl Events<Item = Result<Recorded, Error>> + Send + use<> {
        let replay = Replay::new(Arc::clone(&self.link), stream, range, filter.subjects, Window::WIDE);
        stream::unfold(Some(replay), |replay| async move {
            let mut replay = replay?;
            match replay.next().await {
                Ok(Some(event)) => Some((Ok(event), Some(replay))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// The events from a sequence on, in order, without gap or repeat, as they come; never ends by itself and outlives every
    /// outage of the broker.
    ///
    /// The first error ends it: `Ahead` when the stream never came to `from`, `Forbidden`, `NotAnEvent`.
    pub fn tail(&self, stream: Stream, from: u64, filter: Filter) -> impl Events<Item = Result<Recorded, Error>> + Send + use<> {
        let reader = Reader::new(Arc::clone(&self.link), stream, filter.subjects, from, Window::NARROW);
        stream::unfold(Some(reader), |reader| async move {
            let mut reader = reader?;
            loop {
                match reader.read().await {
                    Ok(Some(event)) => return Some((Ok(event), Some(reader))),
                    Ok(None) => {}
                    Err(error) => return Some((Err(error), None)),
                }
            }
        })
    }
}

/// A bounded read, also used to catch up a single key.
pub(crate) struct Replay {
    link: Arc<Link>,
    stream: Stream,
    reader: Reader,
    asked_through: Option<u64>,
    through: Option<u64>,
    done: bool,
}

impl Replay {
    pub(crate) fn new(link: Arc<Link>, stream: Stream, range: Range, filters: Vec<String>, window: Window) -> Self {
        let window = range.through.map_or(window, |through| window.at_most(through.saturating_sub(range.from) + 1));
        let reader = Reader::new(Arc::clone(&link), stream, filters, range.from, window);
        Self { link, stream, reader, asked_through: range.through, through: None, done: false }
    }

    /// The last sequence that this replay covers, known once it has started.
    pub(crate) fn through(&self) -> Option<u64> {
        self.through
    }

    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Recorded>, Error> {
        let through = match self.through {
            Some(through) => through,
            None => {
                let last = self.patiently(async |replay: &mut Self| state(&replay.link, replay.stream).await).await?.last;
                *self.through.insert(self.asked_through.map_or(last, |asked| asked.min(last)))
            }
        };
        while !self.done && self.reader.next_sequence() <= through {
            if self.reader.pending() == Some(0) && !self.more(through).await? {
                break;
            }
            let read = match tokio::time::timeout(REPLAY_OUTAGE_MAX, self.reader.read()).await {
                Ok(read) => read?,
                Err(_) => return Err(Error::Unavailable(format!("stream {} could not be read for {REPLAY_OUTAGE_MAX:?}", self.stream))),
            };
            match read {
                Some(event) if event.sequence > through => break,
                Some(event) => return Ok(Some(event)),
                None if self.more(through).await? => {}
                None => break,
            }
        }
        self.done = true;
        Ok(None)
    }

    /// Whether there is more to read although the broker says that nothing is left. It is believed only if the stream agrees, because a
    /// replay that ends too early would make wrong tables.
    async fn more(&mut self, through: u64) -> Result<bool, Error> {
        let next = self.patiently(async |replay: &mut Self| replay.reader.next_match().await).await?;
        let more = next.is_some_and(|sequence| sequence <= through);
        if more {
            self.reader.renew();
        }
        Ok(more)
    }

    /// What is there already, without waiting; `None` also at the end.
    pub(crate) fn next_ready(&mut self) -> Option<Result<Recorded, Error>> {
        let (false, Some(through)) = (self.done, self.through) else { return None };
        if self.reader.next_sequence() > through || self.reader.pending() == Some(0) {
            return None;
        }
        match self.reader.read_ready()? {
            Ok(Some(event)) if event.sequence > through => {
                self.done = true;
                None
            }
            Ok(Some(event)) => Some(Ok(event)),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }

    async fn patiently<T>(&mut self, mut ask: impl AsyncFnMut(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let give_up = Instant::now() + REPLAY_OUTAGE_MAX;
        loop {
            match ask(self).await {
                Err(Error::Unavailable(_)) if Instant::now() < give_up => tokio::time::sleep(REPLAY_OUTAGE_PAUSE).await,
                other => return other,
            }
        }
    }
}
