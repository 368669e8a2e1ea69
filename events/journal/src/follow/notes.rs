//! The follower's records on their way to stream `parked`: one after another, in the order in which they were decided, each
//! tried until it is there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use contract::{ParkedEvent, Subject};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::director::Settle;
use super::{Follow, event};
use crate::{AppendError, Error, Expect, Journal};

const AGAIN_PAUSE: Duration = Duration::from_millis(500);

/// What is to be written, and what is being written.
pub(super) struct Notes {
    journal: Journal,
    follow: Arc<Follow>,
    settle: Settle,
    subject: Subject,
    waiting: VecDeque<(Arc<str>, ParkedEvent)>,
    /// How many were ever handed in.
    pushed: u64,
    /// How many of them are in the log.
    written: u64,
    writing: Option<BoxFuture<'static, Result<u64, Error>>>,
    /// The last own record; makes the next one's id.
    last: u64,
}

/// A record that is in the log now.
pub(super) struct Noted {
    pub(super) key: Arc<str>,
    /// As [`Notes::push`] numbered it.
    pub(super) number: u64,
}

impl Notes {
    pub(super) fn new(journal: Journal, follow: Arc<Follow>, settle: Settle, subject: Subject, last: u64) -> Self {
        Self { journal, follow, settle, subject, waiting: VecDeque::new(), pushed: 0, written: 0, writing: None, last }
    }

    /// Hands in a record, and gives its number: several of one key may wait, and only the last one says how the key is.
    pub(super) fn push(&mut self, key: Arc<str>, event: ParkedEvent) -> u64 {
        self.waiting.push_back((key, event));
        self.pushed += 1;
        self.pushed
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next record that is in the log; never ends while there is none. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<Noted, Error> {
        let Some((key, event)) = self.waiting.front() else { return std::future::pending().await };
        let writing = match &mut self.writing {
            Some(writing) => writing,
            None => {
                let new = event::parked(event.clone(), self.follow.service, self.follow.stream, key, self.last);
                let (settled, journal, subject) = ((self.settle)(), self.journal.clone(), self.subject.clone());
                let writing = async move {
                    settled.await?; // a record may say that events need not be seen again
                    write(journal, subject, new).await
                };
                self.writing.insert(writing.boxed())
            }
        };
        let written = writing.await;
        self.writing = None;
        self.last = written?;
        match self.waiting.pop_front() {
            Some((key, _)) => {
                self.written += 1;
                Ok(Noted { key, number: self.written })
            }
            None => std::future::pending().await,
        }
    }
}

async fn write(journal: Journal, subject: Subject, event: contract::NewEvent) -> Result<u64, Error> {
    loop {
        match journal.append(&subject, Expect::Any, vec![event.clone()]).await {
            Ok(position) => return Ok(position.sequence),
            Err(AppendError::Unavailable(cause)) => tracing::warn!(subject = subject.as_str(), cause, "record not kept yet"),
            Err(error) => return Err(Error::Refused { request: subject.to_string(), code: 0, description: error.to_string() }),
        }
        tokio::time::sleep(AGAIN_PAUSE).await;
    }
}
