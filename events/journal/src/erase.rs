//! Taking events out of the log for good, for the one case in which that is right: what they were about is to be forgotten.
//!
//! A purge makes events unreadable at once and gives their bytes back to the disk when the broker compacts the block that held them. What
//! must not wait for that is overwritten first, event by event, which is slow. Both go through a stream a subject at a time and rest in
//! between, because the broker holds a stream's lock meanwhile and everybody else's appends wait for it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use contract::{Stream, Subject};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::json;

use crate::{Error, Filter, Journal, Range};

/// Rest after each request, as a multiple of what the request took: the broker is the others' nine tenths of the time.
const REST_FACTOR: u32 = 9;
/// The longest rest.
const REST_MAX: Duration = Duration::from_millis(250);
/// The broker's words, under a code for every failed deletion, for a message that is not there any more.
const GONE_ALREADY: &str = "no message found";

/// Which subjects: all that begin with `<stream>.<token>.` or are `<stream>.<token>` themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Where.
    pub stream: Stream,
    /// One subject, or one that ends in `.>`. Never a whole stream.
    pub pattern: String,
    /// Whether each event is overwritten on the broker's disk first.
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

    /// Takes out every event that matches, and gives how many there were. It can be stopped at any point and begun again. Events that are
    /// appended meanwhile may stay: whoever erases first sees to it that nobody appends, and looks again.
    ///
    /// # Errors
    /// [`Error::Refused`] for a pattern that names a whole stream; otherwise the log does not answer.
    pub async fn erase(&self, erasure: &Erasure) -> Result<u64, Error> {
        let Erasure { stream, pattern, overwrite } = erasure;
        check(*stream, pattern)?;
        let mut erased = 0;
        // Of very many subjects the broker tells a page at a time.
        loop {
            let subjects = self.subjects(*stream, pattern).await?;
            if subjects.is_empty() {
                return Ok(erased);
            }
            for (subject, events) in subjects {
                if *overwrite {
                    self.overwrite_all(*stream, &subject).await?;
                }
                self.purge(*stream, &json!({ "filter": subject })).await?;
                erased += events;
            }
        }
    }

    /// Takes out all events of a subject but the last.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn keep_last(&self, subject: &Subject) -> Result<(), Error> {
        self.purge(subject.stream(), &json!({ "filter": subject.as_str(), "keep": 1 })).await
    }

    /// Takes out the events of a subject up to and with `sequence`; what was appended after it stays.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn purge_through(&self, subject: &Subject, sequence: u64) -> Result<(), Error> {
        self.purge(subject.stream(), &json!({ "filter": subject.as_str(), "seq": sequence.saturating_add(1) })).await
    }

    /// Overwrites one event on the broker's disk and takes it out. One that is not there is no error.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn overwrite(&self, stream: Stream, sequence: u64) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Done {}
        let request = json!({ "seq": sequence, "no_erase": false });
        let began = Instant::now();
        match self.link.request::<Done>(&format!("$JS.API.STREAM.MSG.DELETE.{stream}"), &request).await {
            Ok(Done {}) => {}
            Err(Error::Refused { description, .. }) if description == GONE_ALREADY => {}
            Err(error) => return Err(error),
        }
        rest(began).await;
        Ok(())
    }

    async fn overwrite_all(&self, stream: Stream, subject: &str) -> Result<(), Error> {
        let mut sequences = Vec::new();
        let mut events = std::pin::pin!(self.replay(stream, Range::ALL, Filter::subjects([subject])));
        while let Some(event) = events.next().await {
            sequences.push(event?.sequence);
        }
        for sequence in sequences {
            self.overwrite(stream, sequence).await?;
        }
        Ok(())
    }

    async fn purge(&self, stream: Stream, request: &serde_json::Value) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Done {}
        let began = Instant::now();
        let Done {} = self.link.request(&format!("$JS.API.STREAM.PURGE.{stream}"), request).await?;
        rest(began).await;
        Ok(())
    }
}

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
