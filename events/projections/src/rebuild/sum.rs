//! The contents of a table as one number of 128 bits: the sum of a hash of every row. The order of the rows does not matter.
//!
//! It is used to read back what was just written. Equal sums mean equal rows, except for a chance that is too small to ever be met, and
//! neither the rows nor a look-up for each of them are needed. It cannot say which row differs.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;

/// Sums that are to be compared come from one of these.
#[derive(Clone, Default)]
pub(crate) struct Summing {
    low: RandomState,
    high: RandomState,
}

/// See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    rows: u64,
    low: u64,
    high: u64,
}

impl Summing {
    /// Adds a row.
    pub(crate) fn add(&self, sum: &mut Sum, row: &[u8]) {
        sum.rows += 1;
        sum.low = sum.low.wrapping_add(self.low.hash_one(row));
        sum.high = sum.high.wrapping_add(self.high.hash_one(row));
    }
}

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.low = self.low.wrapping_add(other.low);
        self.high = self.high.wrapping_add(other.high);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(summing: &Summing, rows: &[&str]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| summing.add(&mut sum, row.as_bytes()));
        sum
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_everything_else_does() {
        let summing = Summing::default();
        let right = sum(&summing, &["a", "b", "b"]);
        assert_eq!(sum(&summing, &["b", "a", "b"]), right);
        let mut parts = sum(&summing, &["b"]);
        parts += sum(&summing, &["a", "b"]);
        assert_eq!(parts, right);
        for wrong in [&["a", "b"][..], &["a", "b", "c"], &["a", "a", "b"], &["ab", "b"], &["a", "b", "b", "b"]] {
            assert_ne!(sum(&summing, wrong), right, "{wrong:?}");
        }
    }
}
