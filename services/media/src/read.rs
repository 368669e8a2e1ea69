//! Reads the log into the tables: which files messages name, and what became of them. There is one reader for each stream, in order. Its
//! position is stored in the same transaction as what it read, so nothing is left out after a crash, and a platform database that was lost
//! or restored catches up by itself.
//!
//! Reading only takes notes. It asks neither Meta nor the storage, so trouble with a file never holds it up.

use std::time::Duration;

use contract::{ConversationEvent, Event, MediaEvent, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Range};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::notice::notice;
use crate::store::{End, Entry, Settled};
use crate::{Media, store};

/// Events taken in one transaction.
const BATCH_MAX: usize = 256;
/// Between attempts while the log or the platform database does not answer.
const PAUSE: Duration = Duration::from_secs(1);

impl Media {
    /// Refuses another log, then reads what became of files up to now: what is fetched already is not to be fetched again.
    pub(crate) async fn catch_up(&self) -> Result<(), Error> {
        self.place(Stream::Conversation).await?;
        let from = self.place(Stream::Media).await? + 1;
        let mut events = std::pin::pin!(self.journal.replay(Stream::Media, Range::from(from), Filter::all()).ready_chunks(BATCH_MAX));
        while let Some(batch) = events.next().await {
            let batch = batch.into_iter().collect::<Result<Vec<_>, _>>()?;
            self.take(Stream::Media, &batch).await?;
        }
        Ok(())
    }

    /// Reads a stream until `stop`.
    pub(crate) async fn read(&self, stream: Stream, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = self.read_on(stream) => ended,
            };
            if let Err(error) = ended {
                tracing::error!(
                    stream = stream.name(),
                    error = %chassis::error_chain(&error),
                    "the log cannot be read into the tables, trying again"
                );
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn read_on(&self, stream: Stream) -> Result<(), Error> {
        let from = self.place(stream).await? + 1;
        let mut events = std::pin::pin!(self.journal.tail(stream, from, Filter::all()).ready_chunks(BATCH_MAX));
        while let Some(batch) = events.next().await {
            let mut read = Vec::with_capacity(batch.len());
            let mut ended = None;
            for event in batch {
                match event {
                    Ok(event) => read.push(event),
                    Err(error) => ended = Some(error),
                }
            }
            self.take(stream, &read).await?;
            self.work.notify_one();
            if let Some(error) = ended {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// All of a batch, but for what Postgres refuses for what it says: one such event must not hold up all files of everybody.
    async fn take(&self, stream: Stream, batch: &[Recorded]) -> Result<(), Error> {
        match self.take_whole(stream, batch).await {
            Err(error) if !error.is_outage() => {}
            taken => return taken,
        }
        for recorded in batch {
            match self.take_whole(stream, std::slice::from_ref(recorded)).await {
                Err(error) if !error.is_outage() => {
                    let error = chassis::error_chain(&error);
                    tracing::error!(stream.seq = recorded.sequence, %error, "an event cannot be kept in the tables, passed over");
                    store::take(&self.pool, stream, recorded.sequence, &[]).await?;
                }
                taken => taken?,
            }
        }
        Ok(())
    }

    async fn take_whole(&self, stream: Stream, batch: &[Recorded]) -> Result<(), Error> {
        let Some(last) = batch.last() else { return Ok(()) };
        let mut entries = Vec::new();
        for recorded in batch {
            match entries_of(stream, recorded) {
                Ok(found) => entries.extend(found),
                // Whoever folds the stream holds its key; files that nobody can read of are nothing to wait for.
                Err(error) => {
                    tracing::error!(
                        stream.seq = recorded.sequence,
                        error = %chassis::error_chain(&error),
                        "an event is not readable, passed over"
                    )
                }
            }
        }
        store::take(&self.pool, stream, last.sequence, &entries).await
    }

    /// Up to where the tables hold a stream.
    async fn place(&self, stream: Stream) -> Result<u64, Error> {
        let found = tables::stored(self.journal.state(stream).await?.created);
        let (known, sequence) = store::progress(&self.pool, stream, found).await?;
        tables::OtherLog::check("media", stream.name(), known, found)?;
        Ok(sequence)
    }
}

fn entries_of(stream: Stream, recorded: &Recorded) -> Result<Vec<Entry>, Error> {
    let Some(project) = recorded.subject.project_id() else { return Ok(Vec::new()) };
    if stream == Stream::Conversation {
        let event = ConversationEvent::read(recorded)?;
        return Ok(notice(project, &event, recorded.time).into_iter().map(Entry::Noted).collect());
    }
    let Some(id) = recorded.subject.media_id() else { return Ok(Vec::new()) };
    let end = match MediaEvent::read(recorded)? {
        MediaEvent::MediaStored(stored) => End::Stored(stored),
        MediaEvent::MediaFailed(failed) => End::Failed(failed),
        MediaEvent::MediaUploaded(_) | MediaEvent::MediaDeleted(_) | MediaEvent::MediaErased(_) => return Ok(Vec::new()),
    };
    Ok(vec![Entry::Settled(Settled { project, id, at: recorded.time, end })])
}
