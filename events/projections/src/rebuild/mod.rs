//! The second driver of the fold: the whole log, folded afresh and held against the tables.
//!
//! - [`Rebuild::verify`] compares, in a snapshot of the project's database, with the log up to that snapshot's checkpoint: exact under
//!   live traffic, and nobody waits.
//! - [`Rebuild::repair`] changes exactly the rows that differ. Both can be about one contact alone.
//! - [`Rebuild::rebuild`] makes the tables equal to the log's end, whatever they hold, and reads every row back before it commits. Empty
//!   ones are filled part by part, see `fill`.
//!
//! [`Past`] is the same fold without tables: the rows that the log had made by a moment.
//!
//! Repair and rebuild are one transaction each, and only rows change: no table is renamed, emptied or locked against readers, so that a
//! reader sees the tables before or after. A killed one leaves nothing: what was staged is temporary, what was written is
//! rolled back, and the next run begins anew. Its database processes give way to everybody else's. Memory is bounded by [`Options::memory_bytes_max`]; a project that needs more is done
//! in several passes over the log.

mod afresh;
mod apply;
mod claims;
mod compare;
mod contact;
mod encode;
mod fill;
mod gather;
mod layout;
mod pace;
mod pass;
mod past;
mod priority;
mod repair;
mod report;
mod scope;
mod skipped;
mod sum;
mod tuple;
mod verify;
mod write;

use std::sync::Arc;

use contract::ProjectId;
use journal::Journal;
use sqlx::{Connection, PgConnection};

pub use past::{Column, Past, Row, tables};
pub use priority::GIVES_WAY;
pub use report::{ColumnDifference, Difference, DifferenceKind, Report, TableReport};
pub use skipped::PROJECTOR;

use crate::{Error, ProjectDatabases};

/// Rows in memory at the same time, in bytes; the process takes about this and a little more.
const MEMORY_BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;
/// Differences told one by one, per table.
const DIFFERENCES_MAX: usize = 100;

/// How a rebuild goes about it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folded rows in memory at the same time, in bytes, estimated. At least the largest contact must fit.
    pub memory_bytes_max: usize,
    /// Never read the log faster than this; `None`: as fast as it goes, and 100,000 events a second while it grows.
    pub events_per_second_max: Option<u32>,
    /// Differences told one by one, per table and project; all are counted.
    pub differences_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { memory_bytes_max: MEMORY_BYTES_MAX, events_per_second_max: None, differences_max: DIFFERENCES_MAX }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading the log for the first or a further time.
    Reading {
        /// The event read last.
        sequence: u64,
        /// The last one to read.
        through: u64,
    },
    /// Comparing a project's stored rows with folded ones.
    Comparing {
        /// Whose.
        project: ProjectId,
        /// Which table.
        table: &'static str,
    },
    /// Writing what a project's events made, into tables that were empty.
    Filling {
        /// Whose.
        project: ProjectId,
        /// Events whose rows are written.
        events: u64,
        /// Events of the project.
        of: u64,
    },
    /// Writing rows that are missing.
    Writing {
        /// Whose.
        project: ProjectId,
        /// Which table.
        table: &'static str,
        /// Rows written.
        rows: u64,
        /// Rows to write.
        of: u64,
    },
}

pub(crate) type Watch = Arc<dyn Fn(Step) + Send + Sync>;

/// Compares tables with the log, and mends them. Cheap to clone.
#[derive(Clone)]
pub struct Rebuild {
    journal: Journal,
    databases: ProjectDatabases,
    options: Options,
    watch: Watch,
}

impl Rebuild {
    /// Takes connected parts.
    pub fn new(journal: Journal, databases: ProjectDatabases, options: Options) -> Self {
        Self { journal, databases, options, watch: Arc::new(|_| {}) }
    }

    /// Says how far it has come, often.
    #[must_use]
    pub fn watched(self, watch: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self { watch: Arc::new(watch), ..self }
    }

    /// A connection of its own, not the pool's: when the work is dropped half-way, the connection goes, and all that it did with it.
    /// Others come first there.
    async fn connect(&self, project: ProjectId) -> Result<PgConnection, Error> {
        let mut connection = PgConnection::connect_with(&self.databases.options(project)).await?;
        priority::lower(&mut connection).await?;
        Ok(connection)
    }
}

fn ahead(checkpoint: u64, last: u64) -> Result<(), Error> {
    if checkpoint > last { Err(Error::AheadOfLog { checkpoint, last }) } else { Ok(()) }
}
