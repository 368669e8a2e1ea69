//! Numbers that are never negative, in Postgres, which has signed ones alone. Sequences start at 1 and rise by 1, and sizes and sums are far
//! smaller: none will ever reach 2^63.

/// As it is written.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// As it was before it was written.
pub fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
