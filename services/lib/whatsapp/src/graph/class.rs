//! Whether a call that failed may succeed when it is made again.

/// What repeating a call is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It will work again: repeat it, each time later.
    Transient,
    /// Too many calls: repeat it, much later.
    RateLimited,
    /// Nobody knows: a few times, no more than three.
    Unclear,
    /// Never: something else must change first.
    Final,
}

impl Class {
    /// By Meta's code. What is not listed is final.
    pub(super) fn of_code(code: i64) -> Self {
        match code {
            2 | 131_016 | 131_057 | 133_004 => Self::Transient,
            4 | 80_007 | 130_429 | 131_056 => Self::RateLimited,
            1 | 131_000 => Self::Unclear,
            _ => Self::Final,
        }
    }
}
