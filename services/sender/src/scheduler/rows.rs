//! The rows, as far as this process writes them: what changed since they were written last, by one write at a time.

use super::{Done, Scheduler};
use crate::backlog::Backlog;
use crate::error::Error;
use crate::store::{self, Batch};

/// How far they are.
pub(super) struct Rows {
    writing: bool,
    /// Up to which sequence of the log.
    written: u64,
}

impl Rows {
    pub(super) fn up_to(sequence: u64) -> Self {
        Self { writing: false, written: sequence }
    }
}

impl Scheduler {
    /// Begins to write what changed, if nothing is being written.
    pub(super) fn flush(&mut self) {
        let Some(rows) = &mut self.rows else {
            // Whoever writes them now reads the log too: what changed here need not be remembered.
            self.backlog.changed_messages.clear();
            self.backlog.changed_reads.clear();
            self.backlog.preferences.forget_changed();
            return;
        };
        let Backlog { changed_messages, changed_reads, preferences, .. } = &self.backlog;
        let changed = !changed_messages.is_empty() || !changed_reads.is_empty() || preferences.is_changed();
        if rows.writing || (!changed && rows.written == self.backlog.kept()) {
            return;
        }
        rows.writing = true;
        let batch = self.batch();
        let (pool, writer) = (self.sender.pool.clone(), self.writer.clone());
        self.tasks.spawn(async move {
            let written = store::write(&pool, &writer, &batch).await;
            Done::Flushed { batch, written }
        });
    }

    fn batch(&mut self) -> Batch {
        let (sequence, preferences) = (self.backlog.kept(), self.backlog.preferences.take_changed());
        let mut batch = Batch { sequence, preferences, ..Batch::default() };
        for id in std::mem::take(&mut self.backlog.changed_messages) {
            match self.backlog.messages.get(&id) {
                Some(message) => batch.messages.push((id, message.clone())),
                None => batch.settled.push(id),
            }
        }
        for id in std::mem::take(&mut self.backlog.changed_reads) {
            match self.backlog.reads.get(&id) {
                Some(read) => batch.reads.push((id, read.clone())),
                None => batch.read.push(id),
            }
        }
        batch
    }

    pub(super) fn on_flushed(&mut self, batch: Batch, written: Result<bool, Error>) {
        let Some(rows) = &mut self.rows else { return };
        rows.writing = false;
        match written {
            Ok(true) => rows.written = batch.sequence,
            Ok(false) => {
                tracing::warn!("another sender has started since: it keeps the rows, this one goes on without");
                self.rows = None;
            }
            Err(error) => {
                let error = chassis::error_chain(&error);
                tracing::warn!(%error, "rows are not written, trying again: until then a restart reads more of the log");
                self.backlog.changed_messages.extend(batch.messages.iter().map(|(id, _)| *id).chain(batch.settled));
                self.backlog.changed_reads.extend(batch.reads.iter().map(|(id, _)| *id).chain(batch.read));
                self.backlog.preferences.put_back(batch.preferences);
            }
        }
    }

    /// At the end, when nothing is being done any more.
    pub(super) async fn flush_last(&mut self) {
        if self.rows.as_ref().is_some_and(|rows| !rows.writing) {
            let batch = self.batch();
            if let Err(error) = store::write(&self.sender.pool, &self.writer, &batch).await {
                let error = chassis::error_chain(&error);
                tracing::warn!(%error, "rows are not written: the next start reads more of the log");
            }
        }
    }
}
