//! The tables as they were: the rows that the log had produced up to some sequence. They are folded from the log alone; no database is
//! needed.
//!
//! They are what the projector would have written if it had come exactly that far. It is the same fold, and it leaves out the same events
//! that an operator has skipped.

use std::sync::Arc;

use contract::{ContactId, ProjectId};
use journal::Journal;
use serde_json::Value;

use super::encode::{LAYOUTS, TABLES, in_order};
use super::layout::StoredRow;
use super::pass::{Folding, read};
use super::scope::Scope;
use super::skipped::skipped;
use super::tuple::{Tuple, value};
use super::{Options, Step, Watch};
use crate::Error;
use crate::held::Rows;
use crate::rows::{Contact, Conversation, IdentityLink, Message, StateChange, Status, Submission, Unassigned};

/// Every table, with its schema.
pub fn tables() -> [&'static str; TABLES] {
    LAYOUTS.map(|layout| layout.name)
}

/// A row of the past. Values are people's words and numbers: show them only to who may see them.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// With its schema.
    pub table: &'static str,
    /// All of them.
    pub columns: Vec<Column>,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The column's name.
    pub name: &'static str,
    /// Postgres' name of its type.
    pub kind: &'static str,
    /// Numbers and truths as such; everything else as its text, JSON too: byte for byte as the column had it.
    pub value: Value,
}

/// Reads the past of projects.
pub struct Past {
    journal: Journal,
    options: Options,
    watch: Watch,
}

impl Past {
    /// Takes a connected log.
    pub fn new(journal: Journal, options: Options) -> Self {
        Self { journal, options, watch: Arc::new(|_| {}) }
    }

    /// Says how far it has come, often.
    #[must_use]
    pub fn watched(self, watch: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self { watch: Arc::new(watch), ..self }
    }

    /// Tells every row that the log up to and including `through` makes, of one contact or of all, in some tables or in all if none is named.
    /// They come contact by contact where memory does not suffice for all of them. Gives how many events of the project were folded or
    /// looked at. `told` ends it by an error.
    ///
    /// # Errors
    /// The log cannot be read, `Event` when an event of the project cannot be, `TooLarge`; or `told` said so.
    pub async fn rows<E: From<Error>>(
        &self,
        project: ProjectId,
        contact: Option<ContactId>,
        through: u64,
        tables: &[&'static str],
        mut told: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<u64, E> {
        let skipped = skipped(&self.journal).await?.remove(&project).unwrap_or_default();
        let mut part = Some(match contact {
            Some(contact) => Folding::of_contact(project, contact, through, skipped),
            None => Folding::new(project, Scope::ALL, through, skipped),
        });
        let mut events = 0;
        while let Some(folding) = part.take() {
            let mut foldings = vec![folding];
            read(&self.journal, 1, &mut foldings, &self.options, &self.watch).await?;
            for folding in foldings {
                events += folding.events;
                tell(&folding.rows, tables, &mut told)?;
                part = folding.next_part();
            }
        }
        Ok(events)
    }
}

fn tell<E>(rows: &Rows, tables: &[&'static str], told: &mut impl FnMut(Row) -> Result<(), E>) -> Result<(), E> {
    tell_table::<Contact, E>(rows, tables, told)?;
    tell_table::<Conversation, E>(rows, tables, told)?;
    tell_table::<Message, E>(rows, tables, told)?;
    tell_table::<Option<IdentityLink>, E>(rows, tables, told)?;
    tell_table::<Status, E>(rows, tables, told)?;
    tell_table::<StateChange, E>(rows, tables, told)?;
    tell_table::<Submission, E>(rows, tables, told)?;
    tell_table::<Unassigned, E>(rows, tables, told)
}

/// As they are written into the table, and read back from that.
fn tell_table<K: StoredRow, E>(rows: &Rows, tables: &[&'static str], told: &mut impl FnMut(Row) -> Result<(), E>) -> Result<(), E> {
    let layout = &K::LAYOUT;
    if !tables.is_empty() && !tables.contains(&layout.name) {
        return Ok(());
    }
    let mut written = Vec::new();
    for (key, row) in in_order::<K>(rows) {
        written.clear();
        row.write(key, &mut written);
        let fields = layout.columns.iter().zip(Tuple(&written).fields());
        let columns = fields.map(|(&(name, kind), field)| Column { name, kind, value: value(kind, field) }).collect();
        told(Row { table: layout.name, columns })?;
    }
    Ok(())
}
