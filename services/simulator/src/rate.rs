//! A limit on how often something may happen: so many at once, then one in each gap. One instant is all that is kept.

use chrono::{DateTime, TimeDelta, Utc};

/// How many at once, and the gap in which one more comes free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) burst: u32,
    pub(crate) gap: TimeDelta,
}

/// What was used up, as the instant at which all of it is free again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used(Option<DateTime<Utc>>);

impl Limit {
    /// So many in a second; `None` if there is no limit.
    pub(crate) fn per_second(count: u32) -> Option<Self> {
        (count > 0).then(|| Self { burst: count, gap: TimeDelta::nanoseconds(1_000_000_000 / i64::from(count)) })
    }
}

impl Used {
    /// Whether one more is allowed now.
    pub(crate) fn allows(self, limit: Option<Limit>, now: DateTime<Utc>) -> bool {
        let (Some(limit), Some(free_at)) = (limit, self.0) else { return true };
        free_at - now <= limit.gap * i32::try_from(limit.burst.saturating_sub(1)).unwrap_or(i32::MAX)
    }

    /// Uses one up.
    pub(crate) fn take(&mut self, limit: Option<Limit>, now: DateTime<Utc>) {
        if let Some(limit) = limit {
            self.0 = Some(self.0.map_or(now, |free_at| free_at.max(now)) + limit.gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_borrows_from_what_comes() {
        let start = DateTime::from_timestamp(1_794_992_403, 0).unwrap();
        let limit = Some(Limit { burst: 45, gap: TimeDelta::seconds(6) });
        let (mut used, mut now, mut sent) = (Used::default(), start, Vec::new());
        while now < start + TimeDelta::seconds(60) {
            if used.allows(limit, now) {
                used.take(limit, now);
                sent.push((now - start).num_milliseconds());
            } else {
                now += TimeDelta::milliseconds(100);
            }
        }
        assert_eq!(sent.iter().filter(|at| **at == 0).count(), 45);
        assert_eq!(sent[45..48], [6_000, 12_000, 18_000]);
        assert!(Used::default().allows(None, start));
    }
}
