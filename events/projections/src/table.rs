//! A table in memory: rows by key, and which of them must be written.

use std::borrow::Borrow;
use std::hash::Hash;

use foldhash::HashMap;

/// Rows by key, each with a mark whether it must be written.
#[derive(Debug)]
pub struct Table<K, V> {
    rows: HashMap<K, (V, bool)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: HashMap::default() }
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// The row of that key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.rows.get(key).map(|(row, _)| row)
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, (row, _))| (key, row))
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes every row out.
    pub fn drain(&mut self) -> impl Iterator<Item = (K, V)> {
        std::mem::take(&mut self.rows).into_iter().map(|(key, (row, _))| (key, row))
    }

    /// The rows that must be written.
    pub(crate) fn dirty(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().filter(|(_, (_, dirty))| *dirty).map(|(key, (row, _))| (key, row))
    }

    pub(crate) fn load(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, false));
    }

    pub(crate) fn put(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, true));
    }

    /// Takes a row out.
    pub(crate) fn take(&mut self, key: &K) -> Option<V> {
        self.rows.remove(key).map(|(row, _)| row)
    }

    /// Lets go of rows.
    pub(crate) fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        self.rows.retain(|key, (row, _)| keep(key, row));
    }

    pub(crate) fn put_new(&mut self, key: K, row: V) {
        self.rows.entry(key).or_insert((row, true));
    }

    /// The row of that key, and whether it must be written.
    pub(crate) fn entry(&mut self, key: &K) -> Option<(&V, &mut bool)> {
        self.rows.get_mut(key).map(|(row, dirty)| (&*row, dirty))
    }

    /// All must be written.
    pub(crate) fn mark_all(&mut self) {
        self.rows.values_mut().for_each(|(_, dirty)| *dirty = true);
    }

    pub(crate) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some((row, dirty)) = self.rows.get_mut(key) {
            change(row);
            *dirty = true;
        }
    }
}
