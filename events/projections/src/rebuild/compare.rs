//! Stored rows against folded ones: every stored row is read once, in the binary form in which the fold would write it, and
//! compared as bytes; columns are looked at only when the bytes differ.

use contract::ContactId;
use foldhash::{HashMap, HashSet};
use futures::TryStreamExt;
use sqlx::PgConnection;

use super::layout::{Layout, StoredRow};
use super::report::{ColumnDifference, Difference, DifferenceKind, TableReport};
use super::scope::Scope;
use super::tuple::{self, Tuple, Writer, readable};
use crate::Error;
use crate::held::Rows;

/// What was found in one table, and what must be done about it. Rows to be added are those still marked in the fold's table.
pub(crate) struct Found {
    pub(crate) report: TableReport,
    /// Keys of stored rows that must go, as COPY writes them.
    pub(crate) gone: Vec<u8>,
    /// Rows that must be written over stored ones of the same key.
    pub(crate) changed: Vec<u8>,
}

/// The contacts whose rows differ, by the text that log or table has.
#[derive(Debug, Default)]
pub(crate) struct Differing {
    pub(crate) contacts: HashSet<String>,
    pub(crate) unassigned: bool,
    /// No more contacts than this are remembered.
    pub(crate) contacts_max: usize,
}

impl Differing {
    fn add(&mut self, layout: &Layout, row: Tuple<'_>) {
        match layout.contact.and_then(|index| row.text(index)) {
            None => self.unassigned = true,
            Some(contact) if self.contacts.len() <= self.contacts_max && !self.contacts.contains(contact) => {
                self.contacts.insert(contact.to_owned());
            }
            Some(_) => {}
        }
    }

    /// Whether there were more contacts than could be remembered.
    pub(crate) fn too_many(&self) -> bool {
        self.contacts.len() > self.contacts_max
    }
}

/// Compares the stored rows of one table, within `scope`, with the rows of the fold. Afterwards exactly those rows of the fold are marked
/// that are not stored.
pub(crate) async fn compare<K: StoredRow>(
    connection: &mut PgConnection,
    rows: &mut Rows,
    scope: &Scope,
    differences_max: usize,
    differing: &mut Differing,
) -> Result<Found, Error> {
    let layout = &K::LAYOUT;
    K::table_mut(rows).mark_all();
    let mut comparison = Comparison::<K> {
        rows,
        found: Found { report: TableReport { table: layout.name, ..TableReport::default() }, gone: Vec::new(), changed: Vec::new() },
        differing,
        differences_max,
        surplus: HashMap::default(),
        replaced: HashSet::default(),
        buffer: Vec::new(),
    };
    if let Some(condition) = scope.condition(layout) {
        each_row(connection, layout, &condition, |stored| comparison.stored(stored)).await?;
    }
    comparison.missing();
    Ok(comparison.found)
}

struct Comparison<'a, K: StoredRow> {
    rows: &'a mut Rows,
    found: Found,
    differing: &'a mut Differing,
    differences_max: usize,
    /// The first surplus rows by their other unique column: one of them may be a row that is missing, under another key.
    surplus: HashMap<String, Vec<u8>>,
    /// Rows whose stored counterpart goes, because a unique column differs, and which are written anew.
    replaced: HashSet<K::Key>,
    buffer: Vec<u8>,
}

impl<K: StoredRow> Comparison<'_, K> {
    fn stored(&mut self, stored: Tuple<'_>) {
        let layout = &K::LAYOUT;
        let key = K::key(stored);
        let entry = key.as_ref().and_then(|key| K::table_mut(self.rows).entry(key)).filter(|(row, _)| row.present());
        let (Some(key), Some((row, unseen))) = (key.as_ref(), entry) else {
            return self.surplus(stored);
        };
        self.buffer.clear();
        row.write(key, &mut self.buffer);
        if self.buffer == stored.0 {
            *unseen = false;
            return;
        }
        let folded = Tuple(&self.buffer);
        self.found.report.changed += 1;
        self.differing.add(layout, folded);
        self.differing.add(layout, stored);
        if self.found.report.differences.len() < self.differences_max {
            let kind = DifferenceKind::Changed(columns(layout, folded, stored));
            self.found.report.differences.push(Difference { key: named_key(layout, folded), kind });
        }
        if layout.unique.iter().any(|index| folded.fields().nth(*index) != stored.fields().nth(*index)) {
            key_of(layout, stored, &mut self.found.gone);
            self.replaced.insert(key.clone());
        } else {
            self.found.changed.extend_from_slice(&self.buffer);
            *unseen = false;
        }
    }

    fn surplus(&mut self, stored: Tuple<'_>) {
        let layout = &K::LAYOUT;
        self.found.report.surplus += 1;
        self.differing.add(layout, stored);
        key_of(layout, stored, &mut self.found.gone);
        if self.found.report.differences.len() + self.surplus.len() < self.differences_max {
            let name = layout.unique.first().and_then(|index| stored.text(*index));
            match name {
                Some(name) => drop(self.surplus.insert(name.to_owned(), stored.0.to_vec())),
                None => self.found.report.differences.push(Difference { key: named_key(layout, stored), kind: DifferenceKind::Surplus }),
            }
        }
    }

    /// The rows that no stored one was found for.
    fn missing(&mut self) {
        let layout = &K::LAYOUT;
        let Self { rows, found, differing, surplus, replaced, buffer, differences_max } = self;
        let table = K::table(rows);
        for (_, row) in table.iter() {
            found.report.rows += u64::from(row.present());
        }
        for (key, row) in table.dirty().filter(|(key, row)| row.present() && !replaced.contains(key)) {
            found.report.missing += 1;
            if surplus.is_empty() && found.report.differences.len() >= *differences_max && differing.too_many() {
                continue;
            }
            buffer.clear();
            row.write(key, buffer);
            let folded = Tuple(buffer);
            differing.add(layout, folded);
            let other = layout.unique.first().and_then(|index| folded.text(*index)).and_then(|name| surplus.remove(name));
            let kind = match other {
                Some(stored) => {
                    found.report.missing -= 1;
                    found.report.surplus -= 1;
                    found.report.changed += 1;
                    DifferenceKind::Changed(columns(layout, folded, Tuple(&stored)))
                }
                None => DifferenceKind::Missing,
            };
            if found.report.differences.len() < *differences_max {
                found.report.differences.push(Difference { key: named_key(layout, folded), kind });
            }
        }
        for stored in surplus.values() {
            found.report.differences.push(Difference { key: named_key(layout, Tuple(stored)), kind: DifferenceKind::Surplus });
        }
        found.report.differences.truncate(*differences_max);
    }
}

fn columns(layout: &Layout, folded: Tuple<'_>, stored: Tuple<'_>) -> Vec<ColumnDifference> {
    let pairs = layout.columns.iter().zip(folded.fields().zip(stored.fields()));
    pairs
        .filter(|(_, (log, stored))| log != stored)
        .map(|((column, kind), (log, stored))| ColumnDifference { column, log: readable(kind, log), stored: readable(kind, stored) })
        .collect()
}

/// The key as people know it: where rows have an id of their own beside the key, the id.
pub(crate) fn named_key(layout: &Layout, row: Tuple<'_>) -> Vec<(&'static str, String)> {
    let key = if layout.unique.is_empty() { layout.key } else { layout.unique };
    let columns = layout.columns.iter().zip(row.fields()).enumerate();
    columns
        .filter(|(index, _)| key.contains(index))
        .map(|(_, ((name, kind), field))| (*name, readable(kind, field).unwrap_or_default()))
        .collect()
}

/// Adds the row's key columns as a row of their own.
pub(crate) fn key_of(layout: &Layout, row: Tuple<'_>, out: &mut Vec<u8>) {
    let mut writer = Writer::row(out, layout.key.len());
    for (index, field) in row.fields().enumerate() {
        if layout.key.contains(&index) {
            match field {
                Some(field) => writer.bytes(field),
                None => writer.null(),
            };
        }
    }
}

/// Reads a table, row by row.
pub(crate) async fn each_row(
    connection: &mut PgConnection,
    layout: &Layout,
    condition: &str,
    mut row: impl FnMut(Tuple<'_>),
) -> Result<(), Error> {
    let columns = layout.column_list();
    let source = match condition {
        "" => format!("{} ({columns})", layout.name),
        condition => format!("(SELECT {columns} FROM {}{condition})", layout.name),
    };
    let mut chunks = connection.copy_out_raw(&format!("COPY {source} TO STDOUT (FORMAT binary)")).await?;
    let (mut rest, mut begun) = (Vec::new(), false);
    while let Some(chunk) = chunks.try_next().await? {
        // The server sends whole rows; nothing promises that it always will.
        let mut bytes: &[u8] = &chunk;
        if !rest.is_empty() {
            rest.extend_from_slice(&chunk);
            bytes = &rest;
        }
        if !begun {
            let Some(after) = bytes.get(tuple::HEADER.len()..) else {
                rest = bytes.to_vec();
                continue;
            };
            (bytes, begun) = (after, true);
        }
        while let Some(length @ 1..) = Tuple::length(bytes) {
            row(Tuple(&bytes[..length]));
            bytes = &bytes[length..];
        }
        rest = if Tuple::length(bytes) == Some(0) { Vec::new() } else { bytes.to_vec() };
    }
    Ok(())
}

/// The contacts among texts.
pub(crate) fn contacts<'a>(texts: impl IntoIterator<Item = &'a String>) -> HashSet<ContactId> {
    texts.into_iter().filter_map(|text| text.parse().ok()).collect()
}
