//! What a single append and an atomic batch took lately. From how many on appends travel together follows from it.
//!
//! A single append is a sync of the disk. A batch is one too, however many are in it, but the broker gathers it first: in memory that costs
//! as much as three or four syncs, on a disk as much as a dozen, and on a busy machine either may be something else altogether.

use tokio::time::Duration;

/// The weight of what was seen last, beside all that was seen before.
const WEIGHT: f64 = 1.0 / 8.0;
/// One that took longer than so many usual ones, because the disk stood still for a moment, counts as so many.
const OUTLIER: f64 = 4.0;
/// In larger batches the events themselves are what takes the time.
const EVENTS_MAX: usize = 64;
const GROUP_MIN: f64 = 2.0;
const GROUP_MAX: f64 = 16.0;

/// Moving averages, in seconds.
pub(super) struct Costs {
    single: f64,
    batch: f64,
}

impl Default for Costs {
    /// Those of a quick disk, until something was seen.
    fn default() -> Self {
        Self { single: 0.000_25, batch: 0.001 }
    }
}

impl Costs {
    /// So many events, on their way as one unit, took so long. `alone`: they were beside others that travel alone, so many in all, which the
    /// broker works off one after another; none: they were the batch.
    pub(super) fn saw(&mut self, took: Duration, events: usize, alone: Option<usize>) {
        match alone {
            Some(under_way) if events == 1 => note(&mut self.single, took.as_secs_f64() / under_way.max(1) as f64),
            None if events <= EVENTS_MAX => note(&mut self.batch, took.as_secs_f64()),
            // A large batch; or one that failed in company, is sent again, and waits behind others.
            None | Some(_) => {}
        }
    }

    /// From so many appends on, a batch is done before they would be one by one.
    pub(super) fn group_min(&self) -> usize {
        (self.batch / self.single).ceil().clamp(GROUP_MIN, GROUP_MAX) as usize
    }
}

fn note(average: &mut f64, seen: f64) {
    // Never nothing: it is divided by.
    *average += (seen.clamp(1e-6, *average * OUTLIER) - *average) * WEIGHT;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group_min(single: Duration, batch: Duration) -> usize {
        let mut costs = Costs::default();
        for _ in 0..100 {
            costs.saw(single, 1, Some(1));
            costs.saw(batch, 10, None);
        }
        costs.group_min()
    }

    #[test]
    fn appends_travel_together_once_a_batch_takes_less() {
        let ms = Duration::from_millis;
        assert_eq!(group_min(ms(1), Duration::from_micros(3_900)), 4);
        assert_eq!(group_min(ms(1), Duration::from_micros(12_900)), 13);
        assert_eq!(group_min(ms(1), ms(1)), 2, "two are a group where a batch costs no more than one");
        assert_eq!(group_min(ms(1), ms(500)), 16, "a crowd always travels together");
        assert_eq!(group_min(Duration::ZERO, Duration::ZERO), 2);
    }

    #[test]
    fn who_waited_for_others_is_not_slow_and_batches_that_are_large_or_sent_again_say_nothing() {
        let (mut alone, mut behind) = (Costs::default(), Costs::default());
        for _ in 0..100 {
            alone.saw(Duration::from_micros(100), 1, Some(1));
            behind.saw(Duration::from_micros(500), 1, Some(5));
        }
        assert_eq!((alone.group_min(), behind.group_min()), (10, 10));
        let before = alone.group_min();
        for (events, among) in [(1_000, None), (2, Some(1))] {
            (0..100).for_each(|_| alone.saw(Duration::from_millis(40), events, among));
            assert_eq!(alone.group_min(), before, "{events} events");
        }
    }

    #[test]
    fn a_disk_that_stood_still_once_changes_little() {
        let mut costs = Costs::default();
        let before = costs.group_min();
        costs.saw(Duration::from_secs(3), 10, None);
        assert!(costs.group_min() <= before + 2, "{}", costs.group_min());
    }
}
