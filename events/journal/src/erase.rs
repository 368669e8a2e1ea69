//! Taking events out of the log for good, for the one case in which that is right: what they were about is to be forgotten.
//!
//! An event that is deleted is unreadable at once, and its bytes go back to the disk when the broker compacts the block that held them. What
//! must not wait for that is overwritten, which takes many times as long.
//!
//! The broker holds a stream's lock while it takes something out, and everybody else's appends to the stream wait for it. A purge reads
//! every block of the stream, whatever it takes out: a moment in a stream of some hundred megabytes, a minute in one of sixty gigabytes. So a
//! smaller stream is purged, in parts and with long rests, and in a larger one event after event is deleted, each of which takes as long
//! as an append.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Recorded, Stream, Subject};
use serde::Deserialize;
use serde_json::json;

use crate::read::{Replay, Window};
use crate::{Error, Journal, Range};

/// The largest stream in which a purge is short enough: it reads 1 GiB in a quarter of a second to one second, and an append has five
/// seconds.
const PURGE_BYTES_MAX: u64 = 2 << 30;
/// So many sequences are gone through by one purge. What takes its time is reading the blocks: in a stream of 1 GiB, 50,000 events are taken out
/// in 1.1 s and 200,000 in 1.2 s; 400,000 take 1.7 s, and an append has five.
pub(crate) const PURGE_SEQUENCES: NonZeroU64 = NonZeroU64::new(250_000).expect("not zero");
/// Rest after a purge while others write, as a multiple of what it took: of two hundred appends one may have to wait.
const PURGE_REST_FACTOR: u32 = 199;
/// How often it is seen during such a rest whether others still write.
const PURGE_LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long to rest after a single event while others write, as a multiple of the time that it took. With it, one of fifty of their appends
/// may have to wait, for about as long as another append takes.
const REST_FACTOR: u32 = 49;
/// The longest of these rests.
const REST_MAX: Duration = Duration::from_millis(250);
/// Single events between two looks at whether others write.
const LOOK_EVERY: u64 = 20;
/// Single events that are found before the first of them is taken out.
const READ_AHEAD: usize = 500;
/// The broker's words, under a code for every failed deletion, for a message that is not there any more.
const GONE_ALREADY: &str = "no message found";

/// Which subjects: all that begin with `<stream>.<token>.` or are `<stream>.<token>` themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Where.
    pub stream: Stream,
    /// One subject, or one that ends in `.>`. Never a whole stream.
    pub pattern: String,
    /// Whether each event is overwritten on the broker's disk.
    pub overwrite: bool,
}

impl Journal {
    /// The subjects that match `pattern` and have events, with how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and its like: the log does not answer.
    pub async fn subjects(&self, stream: Stream, pattern: &str) -> Result<BTreeMap<String, u64>, Error> {
        #[derive(Deserialize)]
        struct Info {
            state: State,
        }
        #[derive(Deserialize)]
        struct State {
            #[serde(default)]
            subjects: Option<BTreeMap<String, u64>>,
        }
        let info: Info = self.link.request(&format!("$JS.API.STREAM.INFO.{stream}"), &json!({ "subjects_filter": pattern })).await?;
        Ok(info.state.subjects.unwrap_or_default())
    }

    /// Takes out every event that matches, and returns how many there were. It can be stopped at any point and run again. Events that are
    /// appended meanwhile may stay: the caller has to stop the writers first, and look again afterwards.
    ///
    /// # Errors
    /// [`Error::Refused`] for a pattern that names a whole stream; otherwise the log does not answer.
    pub async fn erase(&self, erasure: &Erasure) -> Result<u64, Error> {
        self.erase_within(erasure, Range::ALL).await
    }

    /// As [`Self::erase`], up to and with `sequence`: whatever was appended after it stays.
    ///
    /// # Errors
    /// As there.
    pub async fn erase_through(&self, erasure: &Erasure, sequence: u64) -> Result<u64, Error> {
        self.erase_within(erasure, Range { through: Some(sequence), ..Range::ALL }).await
    }

    async fn erase_within(&self, Erasure { stream, pattern, overwrite }: &Erasure, range: Range) -> Result<u64, Error> {
        check(*stream, pattern)?;
        if !overwrite && self.state(*stream).await?.bytes <= PURGE_BYTES_MAX {
            self.erase_in_parts(*stream, pattern, range).await
        } else {
            self.erase_singly(*stream, pattern, *overwrite, range).await
        }
    }

    async fn erase_in_parts(&self, stream: Stream, pattern: &str, range: Range) -> Result<u64, Error> {
        let end = range.through.map_or(u64::MAX, |through| through.saturating_add(1));
        let (mut erased, mut from) = (0, range.from);
        let mut rest = Duration::ZERO;
        while let Some(first) = self.link.first_from(stream, pattern, from).await?.filter(|first| first.sequence < end) {
            self.rest_beside_others(stream, rest).await?;
            let began = Instant::now();
            from = first.sequence.saturating_add(self.purge_sequences.get()).min(end);
            erased += self.purge(stream, &json!({ "filter": pattern, "seq": from })).await?;
            rest = began.elapsed() * PURGE_REST_FACTOR;
        }
        Ok(erased)
    }

    /// Rests for so long, or until nobody else writes any more.
    async fn rest_beside_others(&self, stream: Stream, rest: Duration) -> Result<(), Error> {
        let until = Instant::now() + rest;
        let mut written = self.written(stream).await?;
        while Instant::now() < until {
            tokio::time::sleep(PURGE_LOOK_EVERY).await;
            if !self.others_wrote(stream, &mut written).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn erase_singly(&self, stream: Stream, pattern: &str, overwrite: bool, range: Range) -> Result<u64, Error> {
        let (mut written, mut busy, mut erased) = (self.written(stream).await?, true, 0);
        // Read ahead by one consumer: where something was taken out of a block, the broker takes milliseconds to find what is next there.
        let mut ahead = Replay::new(Arc::clone(&self.link), stream, range, vec![pattern.to_owned()], Window::NARROW);
        loop {
            let found = read_ahead(&mut ahead).await?;
            if found.is_empty() {
                return Ok(erased);
            }
            for sequence in found {
                let began = Instant::now();
                self.delete(stream, sequence, overwrite).await?;
                if busy {
                    rest(began).await;
                }
                erased += 1;
                if erased % LOOK_EVERY == 0 {
                    busy = self.others_wrote(stream, &mut written).await?;
                }
            }
        }
    }

    /// Whether they did since `written`, which is brought up to now.
    async fn others_wrote(&self, stream: Stream, written: &mut [u64; 2]) -> Result<bool, Error> {
        let before = std::mem::replace(written, self.written(stream).await?);
        Ok(before != *written)
    }

    /// How far the streams are that others write while this one is worked on.
    async fn written(&self, stream: Stream) -> Result<[u64; 2], Error> {
        Ok([self.state(stream).await?.last, self.state(Stream::Webhook).await?.last])
    }

    /// Takes out all events of a subject but the last.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn keep_last(&self, subject: &Subject) -> Result<(), Error> {
        self.purge(subject.stream(), &json!({ "filter": subject.as_str(), "keep": 1 })).await.map(|_| ())
    }

    /// Takes out the events of a subject up to and with `sequence`; what was appended after it stays.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn purge_through(&self, subject: &Subject, sequence: u64) -> Result<(), Error> {
        self.purge(subject.stream(), &json!({ "filter": subject.as_str(), "seq": sequence.saturating_add(1) })).await.map(|_| ())
    }

    /// Overwrites one event on the broker's disk and takes it out, and rests. One that is not there is no error.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn overwrite(&self, stream: Stream, sequence: u64) -> Result<(), Error> {
        let began = Instant::now();
        self.delete(stream, sequence, true).await?;
        rest(began).await;
        Ok(())
    }

    async fn delete(&self, stream: Stream, sequence: u64, overwrite: bool) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Done {}
        let request = json!({ "seq": sequence, "no_erase": !overwrite });
        match self.link.request::<Done>(&format!("$JS.API.STREAM.MSG.DELETE.{stream}"), &request).await {
            Ok(Done {}) => Ok(()),
            Err(Error::Refused { description, .. }) if description == GONE_ALREADY => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives how many events it took out; they are gone when it answers, also after a power cut.
    async fn purge(&self, stream: Stream, request: &serde_json::Value) -> Result<u64, Error> {
        #[derive(Deserialize)]
        struct Done {
            purged: u64,
        }
        let done: Done = self.link.request(&format!("$JS.API.STREAM.PURGE.{stream}"), request).await?;
        Ok(done.purged)
    }
}

/// The next sequences, also of what is no event; none at the end.
async fn read_ahead(replay: &mut Replay) -> Result<Vec<u64>, Error> {
    let mut sequences = Vec::new();
    while sequences.len() < READ_AHEAD {
        match replay.next().await {
            Ok(Some(Recorded { sequence, .. })) | Err(Error::NotAnEvent { sequence, .. }) => sequences.push(sequence),
            Ok(None) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(sequences)
}

/// After a single event.
async fn rest(began: Instant) {
    tokio::time::sleep((began.elapsed() * REST_FACTOR).min(REST_MAX)).await;
}

/// An empty filter, or one that is all wildcards, would empty the stream.
fn check(stream: Stream, pattern: &str) -> Result<(), Error> {
    let exact = pattern.strip_suffix(".>").unwrap_or(pattern);
    match Subject::parse(exact) {
        Ok(subject) if subject.stream() == stream => Ok(()),
        _ => Err(Error::Refused { request: format!("erase {pattern}"), code: 0, description: format!("names no part of {stream}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_names_a_whole_stream_is_refused() {
        assert_eq!(check(Stream::Conversation, "conversation.prj_1.>"), Ok(()));
        assert_eq!(check(Stream::Project, "project.prj_1"), Ok(()));
        for hostile in [
            "",
            ">",
            "conversation.>",
            "conversation",
            "conversation.*",
            "conversation.*.>",
            "project.prj_1.>",
            "conversation..>",
            "conversation.prj_1.>.>",
        ] {
            assert!(check(Stream::Conversation, hostile).is_err(), "{hostile:?}");
        }
    }
}
