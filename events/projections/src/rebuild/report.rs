//! What a comparison found.

use chrono::{DateTime, Utc};
use contract::{ContactId, ProjectId};

/// How a project's tables stand to its log.
#[derive(Debug, Clone)]
pub struct Report {
    /// Whose tables.
    pub project: ProjectId,
    /// Whose rows alone, if not everybody's.
    pub contact: Option<ContactId>,
    /// The tables were compared with the log up to here.
    pub checkpoint: u64,
    /// When the tables were as they are reported, by their server's clock; `None` of tables that were written.
    pub at: Option<DateTime<Utc>>,
    /// Events of the project that were folded.
    pub events: u64,
    /// How often the log was read.
    pub passes: u32,
    /// One entry per table, in the order of the migrations.
    pub tables: Vec<TableReport>,
}

/// One table.
#[derive(Debug, Clone, Default)]
pub struct TableReport {
    /// With its schema.
    pub table: &'static str,
    /// Rows that the log says there are.
    pub rows: u64,
    /// Rows that the log says there are, and are not.
    pub missing: u64,
    /// Rows that are there, and nothing in the log says so.
    pub surplus: u64,
    /// Rows of which at least one column differs.
    pub changed: u64,
    /// The first differences, as many as were asked for.
    pub differences: Vec<Difference>,
}

/// One row that is not as the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Name and value of each key column.
    pub key: Vec<(&'static str, String)>,
    /// In which way.
    pub kind: DifferenceKind,
}

/// How a row differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// It should be there.
    Missing,
    /// It should not be there.
    Surplus,
    /// These columns differ.
    Changed(Vec<ColumnDifference>),
}

/// One value that is not as the log says. Values are people's words and numbers: show them only to who may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDifference {
    /// The column.
    pub column: &'static str,
    /// What the log says; `None` for null.
    pub log: Option<String>,
    /// What the table says.
    pub stored: Option<String>,
}

impl Report {
    pub(crate) fn new(project: ProjectId, checkpoint: u64) -> Self {
        Self { project, contact: None, checkpoint, at: None, events: 0, passes: 0, tables: Vec::new() }
    }

    /// Missing, surplus and changed rows of all tables.
    pub fn differing_rows(&self) -> u64 {
        self.tables.iter().map(TableReport::differing_rows).sum()
    }

    /// Rows that the log says there are.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Whether tables and log agree.
    pub fn is_clean(&self) -> bool {
        self.differing_rows() == 0
    }

    /// Adds what was found in another part of a table.
    pub(crate) fn add(&mut self, part: TableReport, differences_max: usize) {
        let Some(table) = self.tables.iter_mut().find(|table| table.table == part.table) else {
            return self.tables.push(part);
        };
        table.rows += part.rows;
        table.missing += part.missing;
        table.surplus += part.surplus;
        table.changed += part.changed;
        let room = differences_max.saturating_sub(table.differences.len());
        table.differences.extend(part.differences.into_iter().take(room));
    }
}

impl TableReport {
    /// Missing, surplus and changed rows.
    pub fn differing_rows(&self) -> u64 {
        self.missing + self.surplus + self.changed
    }
}
