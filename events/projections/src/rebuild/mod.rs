//! The second driver of the fold: the whole log, folded afresh and held against the tables.
//!
//! - [`Rebuild::verify`] compares, in a snapshot of the project's database, with the log up to that snapshot's checkpoint: exact under
//!   live traffic, and nobody waits.
//! - [`Rebuild::repair`] changes exactly the rows that differ.
//! - [`Rebuild::rebuild`] makes the tables equal to the log's end, whatever they hold, and reads every row back before it commits.
//!
//! Repair and rebuild are one transaction each, and only rows change: no table is renamed, emptied or locked against readers, so that a
//! reader sees the tables before or after. A killed one leaves nothing: what was staged is temporary, what was written is
//! rolled back, and the next run begins anew. Memory is bounded by [`Options::memory_bytes_max`]; a project that needs more is done
//! in several passes over the log.

mod afresh;
mod apply;
mod claims;
mod compare;
mod kept;
mod pace;
mod pass;
mod repair;
mod report;
mod scope;
mod tuple;
mod verify;
mod write;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use contract::ProjectId;
use journal::Journal;

pub use verify::Reports;
pub use report::{ColumnDifference, Difference, DifferenceKind, Report, TableReport};

use crate::{Error, ProjectDatabases};
use pass::Folding;
use scope::Scope;

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
    /// Events that operators decided to pass over, by project; they are in no table.
    pub skipped: HashMap<ProjectId, HashSet<u64>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory_bytes_max: MEMORY_BYTES_MAX,
            events_per_second_max: None,
            differences_max: DIFFERENCES_MAX,
            skipped: HashMap::new(),
        }
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

    fn folding(&self, project: ProjectId, scope: Scope, through: u64) -> Folding {
        Folding::new(project, scope, through, self.skipped(project))
    }

    fn skipped(&self, project: ProjectId) -> HashSet<u64> {
        self.options.skipped.get(&project).cloned().unwrap_or_default()
    }
}

fn ahead(checkpoint: u64, last: u64) -> Result<(), Error> {
    if checkpoint > last { Err(Error::AheadOfLog { checkpoint, last }) } else { Ok(()) }
}
