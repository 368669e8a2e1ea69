//! The eight tables, column by column: how a row of the fold is written, and how a stored row is found again. Here is what all of them
//! have in common; `contacts` has contacts and identities, `messages` conversations and messages, `ledgers` the rest.
//!
//! Key columns come first, so that finding a row reads as little of it as possible.

mod contacts;
mod ledgers;
mod messages;

use std::hash::Hash;

use contract::ContactId;

use super::tuple::Tuple;
use crate::held::Rows;
use crate::table::Table;

/// A table as the database knows it.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    /// Name and type, in the order in which rows are read and written.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// By what a stored row is found in the fold.
    pub(crate) key: &'static [usize],
    /// Further columns that no two rows share.
    pub(crate) unique: &'static [usize],
    /// The column that names the contact; `None` for what names nobody.
    pub(crate) contact: Option<usize>,
}

impl Layout {
    /// `id, phone, …`
    pub(crate) fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn column(&self, index: usize) -> &'static str {
        self.columns.get(index).map_or("", |(name, _)| name)
    }
}

/// A row type that a table keeps.
pub(crate) trait StoredRow: Sized + Send + Sync {
    type Key: Eq + Hash + Clone + Send + Sync;
    const LAYOUT: Layout;
    fn table(rows: &Rows) -> &Table<Self::Key, Self>;
    fn table_mut(rows: &mut Rows) -> &mut Table<Self::Key, Self>;
    /// The row of the fold that a stored row claims to be; `None`: the fold makes no such row.
    fn key(stored: Tuple<'_>) -> Option<Self::Key>;
    /// Whether the fold says that there is such a row.
    fn present(&self) -> bool {
        true
    }
    /// Writes a row that is present.
    fn write(&self, key: &Self::Key, out: &mut Vec<u8>);
    /// The order in which new rows are written: what belongs together is near each other in table and indexes.
    fn order(&self, key: &Self::Key) -> (Option<ContactId>, u64);
}

/// The table of [`Rows`] that holds the type.
macro_rules! table {
    ($field:ident: $key:ty) => {
        type Key = $key;

        fn table(rows: &Rows) -> &Table<Self::Key, Self> {
            &rows.$field
        }

        fn table_mut(rows: &mut Rows) -> &mut Table<Self::Key, Self> {
            &mut rows.$field
        }
    };
}

/// Writes an id.
macro_rules! id {
    ($writer:expr, $kind:ty, $id:expr) => {
        $writer.id(<$kind>::PREFIX, &{
            let mut buffer = [0; 26];
            $id.ulid().array_to_str(&mut buffer);
            buffer
        })
    };
    ($writer:expr, $kind:ty, optional $id:expr) => {
        match $id {
            Some(id) => id!($writer, $kind, id),
            None => $writer.null(),
        }
    };
}
use {id, table};
