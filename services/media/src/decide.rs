//! What follows from an attempt to fetch a file. Pure: what came of it, how often it was tried, and the time in; what happens next out.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

/// Between attempts, growing. The last gap stays.
const GAPS: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::seconds(30),
    TimeDelta::minutes(2),
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
    TimeDelta::minutes(30),
    TimeDelta::hours(1),
    TimeDelta::hours(2),
    TimeDelta::hours(4),
];
/// The shortest gap when Meta counts too many calls.
const GAP_BUSY_MIN: TimeDelta = TimeDelta::minutes(2);
/// The shortest gap when Meta says again and again that a file cannot be had.
const GAP_DOUBTED_MIN: TimeDelta = TimeDelta::hours(4);
/// How often Meta may say so before it is asked that seldom.
const DOUBTS_MAX: u32 = 6;
/// The last attempt is so long before the deadline.
const LAST_CHANCE: TimeDelta = TimeDelta::minutes(1);

/// Stable names of why a file could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// Meta keeps it no more.
    Expired,
    /// Meta does not know it.
    NotFound,
    /// More bytes than are taken.
    TooLarge,
    /// Other bytes than Meta promised, each time.
    Corrupt,
}

impl Code {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::Corrupt => "corrupt",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of an attempt that brought no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Miss {
    /// It may work later: Meta is away, nobody can ask, a token is no good.
    Later { cause: String },
    /// The same, and Meta asks to be left alone for a while.
    Busy { cause: String },
    /// It cannot be had, says Meta; which says the same of what a token may not see for now. Believed at the deadline.
    Doubt { code: Code, cause: String },
    /// It can never be had.
    Never { code: Code, cause: String },
}

/// How often it was tried, and until when it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tries {
    pub(crate) attempts: u32,
    /// Of these, doubts.
    pub(crate) doubts: u32,
    pub(crate) deadline: DateTime<Utc>,
}

impl Tries {
    /// Whether Meta keeps it no more. What was never tried is tried once, however late.
    pub(crate) fn are_over(&self, now: DateTime<Utc>) -> bool {
        self.attempts > 0 && now >= self.deadline
    }

    fn last_chance(&self) -> DateTime<Utc> {
        self.deadline - LAST_CHANCE
    }
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is tried again then.
    Retry { at: DateTime<Utc>, tries: Tries, cause: String },
    /// It is given up.
    Fail { code: Code, reason: String },
}

/// After an attempt at `now` that came to `miss`.
pub(crate) fn after(miss: Miss, tries: Tries, now: DateTime<Utc>) -> Next {
    let tries = Tries { attempts: tries.attempts.saturating_add(1), ..tries };
    match miss {
        Miss::Later { cause } => retry(tries, TimeDelta::zero(), cause, now),
        Miss::Busy { cause } => retry(tries, GAP_BUSY_MIN, cause, now),
        Miss::Doubt { code, cause } => {
            let tries = Tries { doubts: tries.doubts.saturating_add(1), ..tries };
            let gap_min = if tries.doubts < DOUBTS_MAX { TimeDelta::zero() } else { GAP_DOUBTED_MIN };
            if now >= tries.last_chance() { Next::Fail { code, reason: cause } } else { retry(tries, gap_min, cause, now) }
        }
        Miss::Never { code, cause } => Next::Fail { code, reason: cause },
    }
}

/// Why nothing is tried any more after the deadline.
pub(crate) fn expired(cause: Option<&str>) -> Next {
    let last = cause.map(|cause| format!("; the last attempt: {cause}")).unwrap_or_default();
    Next::Fail { code: Code::Expired, reason: format!("it could not be fetched for as long as Meta keeps it{last}") }
}

fn retry(tries: Tries, gap_min: TimeDelta, cause: String, now: DateTime<Utc>) -> Next {
    if tries.are_over(now) {
        return expired(Some(&cause));
    }
    let done = usize::try_from(tries.attempts).unwrap_or(usize::MAX).saturating_sub(1);
    let gap = GAPS[done.min(GAPS.len() - 1)].max(gap_min);
    // The last attempt is at the deadline, not after it.
    let (at, last_chance) = (now + gap, tries.last_chance());
    let at = if now < last_chance && at > last_chance { last_chance } else { at.min(tries.deadline) };
    Next::Retry { at, tries, cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn fresh() -> Tries {
        Tries { attempts: 0, doubts: 0, deadline: now() + TimeDelta::days(7) }
    }

    fn later() -> Miss {
        Miss::Later { cause: "away".into() }
    }

    #[test]
    fn gaps_grow_and_the_last_attempt_is_before_the_deadline() {
        let (mut at, mut tries, mut gaps) = (now(), fresh(), Vec::new());
        let reason = loop {
            if tries.are_over(at) {
                break expired(None);
            }
            match after(later(), tries, at) {
                Next::Retry { at: next, tries: so_far, .. } => {
                    gaps.push(next - at);
                    (at, tries) = (next, so_far);
                }
                failed @ Next::Fail { .. } => break failed,
            }
        };
        assert!(matches!(reason, Next::Fail { code: Code::Expired, .. }));
        assert_eq!(at, fresh().deadline);
        assert_eq!(gaps.last(), Some(&TimeDelta::minutes(1)), "the last attempt is a minute before the end");
        assert!(gaps.len() > 40 && gaps.len() < 60, "{}", gaps.len());
        assert!(gaps[..40].is_sorted(), "{gaps:?}");
    }

    #[test]
    fn meta_is_believed_at_the_deadline_and_asked_seldom_until_then() {
        let (mut at, mut tries, mut gaps) = (now(), fresh(), Vec::new());
        loop {
            match after(Miss::Doubt { code: Code::NotFound, cause: "gone".into() }, tries, at) {
                Next::Retry { at: next, tries: so_far, .. } => {
                    gaps.push(next - at);
                    (at, tries) = (next, so_far);
                }
                Next::Fail { code, reason } => {
                    assert_eq!((code, reason.as_str()), (Code::NotFound, "gone"));
                    break;
                }
            }
        }
        assert_eq!(at, fresh().deadline - LAST_CHANCE);
        let seldom = gaps.iter().position(|gap| *gap == GAP_DOUBTED_MIN);
        assert_eq!(seldom, Some(5), "{gaps:?}");
        assert!(gaps.len() < 60, "{}", gaps.len());
    }

    #[test]
    fn what_can_never_be_had_is_given_up_at_once() {
        let never = Miss::Never { code: Code::TooLarge, cause: "huge".into() };
        assert_eq!(after(never, fresh(), now()), Next::Fail { code: Code::TooLarge, reason: "huge".into() });
    }

    #[test]
    fn what_was_never_tried_is_tried_once_however_late() {
        let late = Tries { deadline: now() - TimeDelta::days(1), ..fresh() };
        assert!(!late.are_over(now()));
        assert!(matches!(after(later(), late, now()), Next::Fail { code: Code::Expired, .. }));
        let doubt = Miss::Doubt { code: Code::NotFound, cause: "gone".into() };
        assert!(matches!(after(doubt, late, now()), Next::Fail { code: Code::NotFound, .. }));
    }

    #[test]
    fn who_asks_for_rest_gets_it() {
        let Next::Retry { at, .. } = after(Miss::Busy { cause: "busy".into() }, fresh(), now()) else { panic!("it is tried again") };
        assert_eq!(at - now(), GAP_BUSY_MIN);
    }
}
