//! How fast the log is read: as fast as it goes while nothing else happens, slower while people write.

use std::time::Duration;

use contract::Stream;
use journal::Journal;
use tokio::time::{Instant, sleep_until};

use crate::Error;

/// While the log grows, whole-log readers would cost writers most of their speed; this rate leaves them most of it.
const LIVE_EVENTS_PER_SECOND: u32 = 100_000;
/// How often to look whether it grows.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct Pace<'a> {
    journal: &'a Journal,
    asked: Option<u32>,
    last: Option<u64>,
    look_at: Instant,
    /// Events may be read up to this rate, from this moment and count on.
    limit: Option<u32>,
    since: Instant,
    count: u64,
}

impl<'a> Pace<'a> {
    /// `asked`: never more than so many events a second; `None`: only while the log grows is there a limit.
    pub(crate) fn new(journal: &'a Journal, asked: Option<u32>) -> Self {
        let now = Instant::now();
        Self { journal, asked, last: None, look_at: now, limit: asked, since: now, count: 0 }
    }

    /// Waits as long as `events` more must take.
    pub(crate) async fn keep(&mut self, events: usize) -> Result<(), Error> {
        self.count += events as u64;
        if self.asked.is_none() && Instant::now() >= self.look_at {
            self.look().await?;
        }
        let Some(limit) = self.limit else { return Ok(()) };
        sleep_until(self.since + Duration::from_secs_f64(self.count as f64 / f64::from(limit.max(1)))).await;
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Error> {
        let last = self.journal.state(Stream::Conversation).await?.last;
        let grows = self.last.is_some_and(|before| last > before);
        let limit = grows.then_some(LIVE_EVENTS_PER_SECOND);
        if limit != self.limit {
            (self.limit, self.since, self.count) = (limit, Instant::now(), 0);
        }
        self.last = Some(last);
        self.look_at = Instant::now() + LOOK_EVERY;
        Ok(())
    }
}
