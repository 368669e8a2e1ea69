//! Fills empty tables. This is the usual rebuild, after a loss or for a new project database, and the one that writes the most.
//!
//! There is nothing to compare with, so the rows need not all be in memory at once. The log is read without being folded; then each part of
//! the contacts is folded, written and dropped, while the next part is being folded. At the end the tables are read back and their sums
//! compared (see `sum`).

use contract::{ProjectId, Stream};
use sqlx::postgres::PgCopyIn;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::mpsc;

use super::compare::each_row;
use super::encode::{Encoded, LAYOUTS, MESSAGES, PerTable, TABLES, encode};
use super::gather::Gathered;
use super::layout::Layout;
use super::report::{Report, TableReport};
use super::skipped::skipped;
use super::sum::{Sum, Summing};
use super::tuple::{self, Tuple};
use super::{Rebuild, Step, ahead};
use crate::{Error, checkpoint};

/// Folded parts that may wait for the database.
pub(super) const PARTS_WAITING_MAX: usize = 1;
/// How many bytes are sent to the database at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// SQLSTATE of a second row with the same key.
const UNIQUE_VIOLATION: &str = "23505";

/// A part of the project, ready to be written.
struct Folded {
    events: u64,
    tables: PerTable<Encoded>,
}

impl Rebuild {
    /// Fills the tables and reads them back, in one transaction. `None`: they are not empty, memory has no room for the log's events, or
    /// several contacts claim the same row, which only a fold in the order of the whole log can settle. Nothing is changed then.
    pub(super) async fn fill(&self, project: ProjectId) -> Result<Option<Report>, Error> {
        let state = self.journal.state(Stream::Conversation).await?;
        let mut connection = self.connect(project).await?;
        if !are_empty(&mut connection).await? {
            return Ok(None);
        }
        let mut gathered = Gathered::new(project, skipped(&self.journal).await?.remove(&project).unwrap_or_default());
        if !gathered.read(&self.journal, (1, state.last), &self.options, &self.watch).await? {
            return Ok(None);
        }
        let mut transaction = connection.begin().await?;
        let checkpoint = checkpoint::lock(&mut transaction, state.created).await?;
        let last = self.journal.state(Stream::Conversation).await?.last;
        ahead(checkpoint.sequence, last)?;
        let fits = gathered.read(&self.journal, (state.last + 1, last), &self.options, &self.watch).await?;
        if !fits || !are_empty(&mut transaction).await? {
            transaction.rollback().await?;
            return Ok(None);
        }
        let mut report = Report { events: gathered.events, passes: 1, ..Report::new(project, last) };
        let (sequence, event) = gathered.last.map_or((0, None), |(sequence, event)| (sequence, Some(event)));
        if !self.write_gathered(&mut transaction, gathered, &mut report).await? {
            transaction.rollback().await?;
            return Ok(None);
        }
        if (checkpoint.sequence, checkpoint.event) != (sequence, event) {
            checkpoint::write(&mut transaction, sequence, event).await?;
        }
        transaction.commit().await?;
        report.analyze(&mut connection).await?;
        Ok(Some(report))
    }

    /// Says whether every row found a place.
    async fn write_gathered(&self, connection: &mut PgConnection, gathered: Gathered, report: &mut Report) -> Result<bool, Error> {
        let summing = Summing::default();
        let Some(sums) = self.write_folded(connection, gathered, &summing, report).await? else { return Ok(false) };
        for (layout, written) in LAYOUTS.into_iter().zip(sums) {
            (self.watch)(Step::Comparing { project: report.project, table: layout.name });
            let mut stored = Sum::default();
            each_row(connection, layout, "", |row| summing.add(&mut stored, row.0)).await?;
            if stored != written {
                return Err(Error::StillDiffers(layout.name));
            }
        }
        Ok(true)
    }

    /// Messages go into one COPY that lasts as long as there are parts; the rows of the other tables, of which there are few, wait for
    /// its end and are written in the order of their bytes. A COPY for each part and table would cost 40 ms each: its last bytes are
    /// small, and TCP holds them back.
    async fn write_folded(
        &self,
        connection: &mut PgConnection,
        gathered: Gathered,
        summing: &Summing,
        report: &mut Report,
    ) -> Result<Option<PerTable<Sum>>, Error> {
        let (project, of) = (gathered.project, gathered.events);
        let (mut sums, mut events) = ([Sum::default(); TABLES], 0);
        let mut waiting: PerTable<Vec<u8>> = Default::default();
        let mut parts = folded(gathered, summing.clone(), self.options.differences_max);
        let mut messages = Copy::begin(connection, LAYOUTS[MESSAGES]).await?;
        while let Some(part) = parts.recv().await {
            let part = part?;
            for (place, table) in part.tables.into_iter().enumerate() {
                sums[place] += table.sum;
                let Encoded { rows, named, bytes, .. } = table;
                let table = TableReport { table: LAYOUTS[place].name, rows, missing: rows, differences: named, ..TableReport::default() };
                report.add(table, self.options.differences_max);
                match place {
                    MESSAGES => messages.add(&bytes).await?,
                    _ => waiting[place].extend_from_slice(&bytes),
                }
            }
            events += part.events;
            (self.watch)(Step::Filling { project, events, of });
        }
        let mut fits = messages.end().await?;
        for (layout, rows) in LAYOUTS.into_iter().zip(waiting).filter(|(_, rows)| !rows.is_empty()) {
            if !fits {
                break;
            }
            (self.watch)(Step::Writing { project, table: layout.name, rows: 0, of: 0 });
            let mut copy = Copy::begin(connection, layout).await?;
            copy.add(&sorted(&rows)).await?;
            fits = copy.end().await?;
        }
        Ok(fits.then_some(sums))
    }
}

/// The same rows in the order of their bytes. The key comes first, so that this is nearly the order of the primary key's index, and rows
/// that follow each other have their places there near each other.
fn sorted(mut rows: &[u8]) -> Vec<u8> {
    let mut each = Vec::new();
    while let Some(length @ 1..) = Tuple::length(rows) {
        let (row, rest) = rows.split_at(length);
        each.push(row);
        rows = rest;
    }
    each.sort_unstable();
    each.concat()
}

/// Folds part after part, on a thread of its own: one is written while the next is folded.
fn folded(gathered: Gathered, summing: Summing, named_max: usize) -> mpsc::Receiver<Result<Folded, Error>> {
    let (sender, receiver) = mpsc::channel(PARTS_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        let project = gathered.project;
        for part in gathered.into_parts() {
            let events = part.len() as u64;
            let part = part.fold(project).map(|rows| Folded { events, tables: encode(&rows, &summing, named_max) });
            let failed = part.is_err();
            if sender.blocking_send(part).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// Rows on their way into a table.
struct Copy<'c>(PgCopyIn<&'c mut PgConnection>);

impl<'c> Copy<'c> {
    async fn begin(connection: &'c mut PgConnection, layout: &Layout) -> Result<Self, Error> {
        let columns = layout.column_list();
        let mut copy = connection.copy_in_raw(&format!("COPY {} ({columns}) FROM STDIN (FORMAT binary)", layout.name)).await?;
        copy.send(tuple::HEADER).await?;
        Ok(Self(copy))
    }

    async fn add(&mut self, rows: &[u8]) -> Result<(), Error> {
        for chunk in rows.chunks(CHUNK_BYTES) {
            self.0.send(chunk).await?;
        }
        Ok(())
    }

    /// Says whether every row found a place.
    async fn end(mut self) -> Result<bool, Error> {
        self.0.send(tuple::TRAILER).await?;
        match self.0.finish().await {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some(UNIQUE_VIOLATION) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

async fn are_empty(connection: &mut PgConnection) -> Result<bool, Error> {
    let rows = LAYOUTS.map(|layout| format!("EXISTS (SELECT FROM {})", layout.name)).join(" OR ");
    Ok(!sqlx::query_scalar::<_, bool>(AssertSqlSafe(format!("SELECT {rows}"))).fetch_one(connection).await?)
}
