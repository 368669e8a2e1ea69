//! How fast: a number may send so many messages a second, a pair of number and contact far fewer. Pure: time is an argument.
//!
//! Meta's rules: reference "Throughput" (80 a second for a number, 20 where the Business app is in use too) and "Pair rate" (one message
//! in six seconds for a person, with bursts of 45 that borrow from the future). What Meta says of it in refusals is learnt.

use chrono::{DateTime, TimeDelta, Utc};

/// What a pair may send: so many at once, and one more in every span.
const PAIR: Rate = Rate { every: TimeDelta::seconds(6), burst: 45 };
/// After so many refusals for the pair in a row the pause grows no more: 4^5 s are 17 minutes.
const PAIR_STRIKES_MAX: u32 = 5;
/// No refusal makes a number slower than this, in messages a second.
const RATE_MIN: f64 = 1.0;
/// How long it takes from nothing back to the configured rate.
const RECOVERY: TimeDelta = TimeDelta::seconds(60);
/// How long a number rests while Meta works on it (131057).
pub(crate) const MAINTENANCE: TimeDelta = TimeDelta::seconds(60);

/// So many at once, and one more in every span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) every: TimeDelta,
    pub(crate) burst: u32,
}

/// A token bucket, as the one instant at which it is full again.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    full_at: DateTime<Utc>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { full_at: DateTime::<Utc>::MIN_UTC }
    }
}

impl Bucket {
    fn ready_at(self, rate: Rate) -> DateTime<Utc> {
        let ahead = rate.every * i32::try_from(rate.burst.saturating_sub(1)).unwrap_or(i32::MAX);
        self.full_at.checked_sub_signed(ahead).unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    fn take(&mut self, rate: Rate, now: DateTime<Utc>) {
        self.full_at = self.full_at.max(now) + rate.every;
    }

    fn give_back(&mut self, rate: Rate) {
        self.full_at = self.full_at.checked_sub_signed(rate.every).unwrap_or(self.full_at);
    }
}

/// What a number may send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberRate {
    pub(crate) per_second: u32,
    pub(crate) burst: u32,
}

/// The pace of one number.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NumberPace {
    bucket: Bucket,
    /// The rate to which Meta brought it down, and when.
    lowered: Option<(f64, DateTime<Utc>)>,
    rests_until: Option<DateTime<Utc>>,
}

impl NumberPace {
    /// When the next message may go.
    pub(crate) fn ready_at(&self, rate: NumberRate, now: DateTime<Utc>) -> DateTime<Utc> {
        let ready = self.bucket.ready_at(self.rate(rate, now));
        self.rests_until.map_or(ready, |until| until.max(ready))
    }

    /// A message goes.
    pub(crate) fn take(&mut self, rate: NumberRate, now: DateTime<Utc>) {
        let rate = self.rate(rate, now);
        self.bucket.take(rate, now);
    }

    /// It did not go after all.
    pub(crate) fn give_back(&mut self, rate: NumberRate, now: DateTime<Utc>) {
        let rate = self.rate(rate, now);
        self.bucket.give_back(rate);
    }

    /// Meta refused a message, asked at `asked`, because there were too many. Half the rate; once for all that were on their way together.
    pub(crate) fn too_fast(&mut self, rate: NumberRate, asked: DateTime<Utc>, now: DateTime<Utc>) {
        if self.lowered.is_some_and(|(_, since)| asked <= since) {
            return;
        }
        self.lowered = Some(((self.per_second(rate, now) / 2.0).max(RATE_MIN), now));
    }

    /// Meta works on the number.
    pub(crate) fn maintenance(&mut self, now: DateTime<Utc>) {
        self.rests_until = Some(now + MAINTENANCE);
    }

    fn per_second(&self, rate: NumberRate, now: DateTime<Utc>) -> f64 {
        let configured = f64::from(rate.per_second).max(RATE_MIN);
        let Some((lowered, since)) = self.lowered else { return configured };
        let recovered = (now - since).as_seconds_f64().max(0.0) / RECOVERY.as_seconds_f64() * configured;
        (lowered + recovered).min(configured)
    }

    fn rate(&self, rate: NumberRate, now: DateTime<Utc>) -> Rate {
        let per_second = self.per_second(rate, now);
        // A burst belongs to the configured rate: a number that was told to slow down has none.
        let burst = if per_second < f64::from(rate.per_second) { 1 } else { rate.burst.max(1) };
        Rate { every: TimeDelta::microseconds((1_000_000.0 / per_second) as i64), burst }
    }
}

/// The pace of a number towards one contact.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PairPace {
    bucket: Bucket,
    strikes: u32,
    rests_until: Option<DateTime<Utc>>,
}

impl PairPace {
    /// When the next message may go.
    pub(crate) fn ready_at(&self) -> DateTime<Utc> {
        let ready = self.bucket.ready_at(PAIR);
        self.rests_until.map_or(ready, |until| until.max(ready))
    }

    /// A message goes.
    pub(crate) fn take(&mut self, now: DateTime<Utc>) {
        self.bucket.take(PAIR, now);
    }

    /// It did not go after all.
    pub(crate) fn give_back(&mut self) {
        self.bucket.give_back(PAIR);
    }

    /// Meta refused a message because of the pair (131056): 4^X seconds from now the next may go.
    pub(crate) fn too_fast(&mut self, now: DateTime<Utc>) -> DateTime<Utc> {
        let until = now + TimeDelta::seconds(4_i64.pow(self.strikes.min(PAIR_STRIKES_MAX)));
        self.strikes = self.strikes.saturating_add(1);
        self.rests_until = Some(until);
        until
    }

    /// Meta took one.
    pub(crate) fn accepted(&mut self) {
        self.strikes = 0;
        self.rests_until = None;
    }

    /// Whether forgetting it changes nothing.
    pub(crate) fn is_spent(&self, now: DateTime<Utc>) -> bool {
        self.bucket.full_at <= now && self.strikes == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: NumberRate = NumberRate { per_second: 80, burst: 10 };

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + ms).expect("an instant")
    }

    /// How many go in a span when there is always one more.
    fn sent(pace: &mut NumberPace, from_ms: i64, to_ms: i64) -> usize {
        let mut now = at(from_ms);
        let mut count = 0;
        loop {
            now = now.max(pace.ready_at(RATE, now));
            if now >= at(to_ms) {
                return count;
            }
            pace.take(RATE, now);
            count += 1;
        }
    }

    #[test]
    fn a_number_sends_its_burst_and_then_its_rate() {
        let mut pace = NumberPace::default();
        assert_eq!(sent(&mut pace, 0, 1), 10, "the burst");
        assert_eq!(sent(&mut pace, 1, 1_000), 80 - 1, "the rate");
        assert_eq!(sent(&mut pace, 61_000, 61_001), 10, "rested: a burst again, and no more than one");
    }

    #[test]
    fn a_refusal_halves_the_rate_once_for_all_that_were_on_their_way_and_it_comes_back() {
        let mut pace = NumberPace::default();
        sent(&mut pace, 0, 1_000);
        for _ in 0..50 {
            pace.too_fast(RATE, at(900), at(1_000));
        }
        let slow = sent(&mut pace, 1_100, 2_100);
        assert!((38..=46).contains(&slow), "half, and a little: {slow}");
        pace.too_fast(RATE, at(2_000), at(2_100));
        let slower = sent(&mut pace, 2_100, 3_100);
        assert!((18..=24).contains(&slower), "half of that: {slower}");
        for second in 3..20 {
            pace.too_fast(RATE, at(second * 1_000), at(second * 1_000));
        }
        assert!(sent(&mut pace, 20_000, 21_000) >= 1, "never nothing");
        let back = sent(&mut pace, 90_000, 91_000);
        assert!((80..=91).contains(&back), "as configured: {back}");
    }

    #[test]
    fn what_did_not_go_after_all_counts_for_nothing() {
        let (mut pace, mut pair) = (NumberPace::default(), PairPace::default());
        // Of a number that was exchanged meanwhile.
        pace.give_back(RATE, at(0));
        pair.give_back();
        for _ in 0..1_000 {
            assert!(pace.ready_at(RATE, at(0)) <= at(0) && pair.ready_at() <= at(0));
            pace.take(RATE, at(0));
            pair.take(at(0));
            pace.give_back(RATE, at(0));
            pair.give_back();
        }
        assert_eq!(sent(&mut pace, 0, 1), 10, "its burst and no more");
    }

    #[test]
    fn maintenance_rests_the_number_for_a_minute() {
        let mut pace = NumberPace::default();
        pace.maintenance(at(0));
        assert_eq!(pace.ready_at(RATE, at(1)), at(60_000));
    }

    #[test]
    fn a_pair_has_a_burst_of_45_and_then_one_in_six_seconds() {
        let mut pair = PairPace::default();
        for _ in 0..45 {
            assert!(pair.ready_at() <= at(0));
            pair.take(at(0));
        }
        assert_eq!(pair.ready_at(), at(6_000));
        assert!(!pair.is_spent(at(269_999)) && pair.is_spent(at(270_000)));
    }

    #[test]
    fn each_refusal_of_a_pair_waits_four_times_as_long_until_one_is_taken() {
        let mut pair = PairPace::default();
        for (refusal, seconds) in [1, 4, 16, 64, 256, 1_024, 1_024].into_iter().enumerate() {
            assert_eq!(pair.too_fast(at(0)), at(seconds * 1_000), "refusal {refusal}");
            assert_eq!(pair.ready_at(), at(seconds * 1_000));
        }
        pair.accepted();
        assert!(pair.ready_at() <= at(0));
        assert_eq!(pair.too_fast(at(0)), at(1_000));
    }
}
