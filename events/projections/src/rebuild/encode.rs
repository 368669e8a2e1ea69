//! The rows of a part of a project as COPY takes them, table by table.

use super::compare::named_key;
use super::layout::{Layout, StoredRow};
use super::report::{Difference, DifferenceKind};
use super::sum::{Sum, Summing};
use super::tuple::Tuple;
use crate::held::Rows;
use crate::rows::{Contact, Conversation, IdentityLink, Message, StateChange, Status, Submission, Unassigned};

/// What every table holds, by its place in [`LAYOUTS`].
pub(crate) type PerTable<T> = [T; TABLES];
pub(crate) const TABLES: usize = 8;
/// The place of the messages, which are most of what is written.
pub(crate) const MESSAGES: usize = 2;
/// Every table, in the order in which it is written.
pub(crate) const LAYOUTS: PerTable<&Layout> = [
    &Contact::LAYOUT,
    &Conversation::LAYOUT,
    &Message::LAYOUT,
    &<Option<IdentityLink>>::LAYOUT,
    &Status::LAYOUT,
    &StateChange::LAYOUT,
    &Submission::LAYOUT,
    &Unassigned::LAYOUT,
];

/// Rows of one table.
pub(crate) struct Encoded {
    /// One after another, without COPY's header and trailer.
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: u64,
    pub(crate) sum: Sum,
    /// The first rows by name, as many as were asked for.
    pub(crate) named: Vec<Difference>,
}

/// All tables' rows.
pub(crate) fn encode(rows: &Rows, summing: &Summing, named_max: usize) -> PerTable<Encoded> {
    [
        table::<Contact>(rows, summing, named_max),
        table::<Conversation>(rows, summing, named_max),
        table::<Message>(rows, summing, named_max),
        table::<Option<IdentityLink>>(rows, summing, named_max),
        table::<Status>(rows, summing, named_max),
        table::<StateChange>(rows, summing, named_max),
        table::<Submission>(rows, summing, named_max),
        table::<Unassigned>(rows, summing, named_max),
    ]
}

fn table<K: StoredRow>(rows: &Rows, summing: &Summing, named_max: usize) -> Encoded {
    let present = in_order::<K>(rows);
    let mut encoded = Encoded { bytes: Vec::new(), rows: present.len() as u64, sum: Sum::default(), named: Vec::new() };
    for (key, row) in present {
        let from = encoded.bytes.len();
        row.write(key, &mut encoded.bytes);
        let written = &encoded.bytes[from..];
        summing.add(&mut encoded.sum, written);
        if encoded.named.len() < named_max {
            encoded.named.push(Difference { key: named_key(&K::LAYOUT, Tuple(written)), kind: DifferenceKind::Missing });
        }
    }
    encoded
}

/// The rows that there are, in the order in which they are written.
pub(crate) fn in_order<K: StoredRow>(rows: &Rows) -> Vec<(&K::Key, &K)> {
    let mut present: Vec<(&K::Key, &K)> = K::table(rows).iter().filter(|(_, row)| row.present()).collect();
    present.sort_unstable_by_key(|(key, row)| row.order(key));
    present
}
