//! One reader of one stream. Its consumer is made anew from the last sequence seen whenever anything is in doubt: the
//! connection, a gap in the consumer's numbering, silence. So catching up and following live are the same thing.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Message;
use contract::{Recorded, Stream};
use futures::FutureExt;

use super::consumer::{Consumer, Delivery, Place, Window};
use super::state::state;
use crate::link::Link;
use crate::{Error, wire};

/// Pauses between attempts to make a consumer.
const AGAIN_PAUSE: Duration = Duration::from_millis(20);
const AGAIN_PAUSE_MAX: Duration = Duration::from_secs(1);

/// Events of a stream from a sequence on, in order, without gap or repeat.
pub(crate) struct Reader {
    link: Arc<Link>,
    stream: Stream,
    filters: Vec<String>,
    window: Window,
    /// The next sequence to read.
    next: u64,
    /// Matching messages in the stream behind the last one read, as the broker counts them; unknown without a consumer.
    pending: Option<u64>,
    consumer: Option<Consumer>,
    pause: Duration,
}

impl Reader {
    pub(crate) fn new(link: Arc<Link>, stream: Stream, filters: Vec<String>, from: u64, window: Window) -> Self {
        Self { link, stream, filters, window, next: from.max(1), pending: None, consumer: None, pause: AGAIN_PAUSE }
    }

    /// The sequence that is read next, or a later one.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.next
    }

    /// How many matching events are behind the last one read, as the broker said with it.
    pub(crate) fn pending(&self) -> Option<u64> {
        self.pending
    }

    /// What matches from `next_sequence` on, asked anew of the stream: the proof that an end is an end.
    pub(crate) async fn next_match(&self) -> Result<Option<u64>, Error> {
        let mut first = None;
        let everything = [">".to_owned()];
        let filters = if self.filters.is_empty() { &everything[..] } else { &self.filters };
        for filter in filters {
            let found = self.link.first_from(self.stream, filter, self.next).await?.map(|stored| stored.sequence);
            first = first.into_iter().chain(found).min();
        }
        Ok(first)
    }

    /// Gives up the consumer; the next read makes another.
    pub(crate) fn renew(&mut self) {
        (self.consumer, self.pending) = (None, None);
    }

    /// The next event, or `None` when the broker says that there is none now. May be dropped while waiting and called again.
    ///
    /// # Errors
    /// Only what waiting does not mend: no permission, no such stream, one that ends before what was read of it, a message that is no event.
    pub(crate) async fn read(&mut self) -> Result<Option<Recorded>, Error> {
        loop {
            let Some(consumer) = &mut self.consumer else {
                if self.attach().await? {
                    return Ok(None);
                }
                continue;
            };
            match consumer.next(self.window).await? {
                Delivery::Event(message, place) if place.sequence >= self.next => return self.take(message, &place).map(Some),
                Delivery::Aside => {}
                Delivery::Idle => return Ok(None),
                Delivery::Event(..) | Delivery::Broken => self.renew(),
            }
        }
    }

    /// What is there already, without waiting.
    pub(crate) fn read_ready(&mut self) -> Option<Result<Option<Recorded>, Error>> {
        self.consumer.as_ref()?;
        self.read().now_or_never()
    }

    fn take(&mut self, message: Message, place: &Place) -> Result<Recorded, Error> {
        self.next = place.sequence + 1;
        self.pending = Some(place.pending);
        self.pause = AGAIN_PAUSE;
        let Message { subject, headers, payload, .. } = message;
        wire::decode(self.stream, place.sequence, &subject, headers.as_ref(), payload)
    }

    /// Makes a consumer from `next` on. Says whether nothing matches now; a broker that is away is tried again later.
    async fn attach(&mut self) -> Result<bool, Error> {
        match self.consumer().await {
            Ok((consumer, pending)) => {
                (self.consumer, self.pending) = (Some(consumer), Some(pending));
                Ok(pending == 0)
            }
            Err(Error::Unavailable(cause)) => {
                tracing::debug!(stream = self.stream.name(), cause, "cannot read now");
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(AGAIN_PAUSE_MAX);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn consumer(&self) -> Result<(Consumer, u64), Error> {
        let made = Consumer::create(&self.link, self.stream, &self.filters, self.next).await?;
        // The broker would pass over in silence what a stream that is shorter than before gets up to there.
        if self.next > 1 {
            let last = state(&self.link, self.stream).await?.last;
            if self.next > last + 1 {
                return Err(Error::Ahead { stream: self.stream, wanted: self.next, last });
            }
        }
        Ok(made)
    }
}
