//! Ids as values: the one place that draws random numbers for ids.
//!
//! It makes bare ULIDs; prefixes and newtypes belong to the contract.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rand::SeedableRng;
use rand::rngs::StdRng;
use ulid::{Generator, Ulid};

use crate::Clock;

/// A source of ULIDs. Cheap to clone; clones share one sequence.
///
/// Each id is greater than the one before from the same source, also within one millisecond and when the clock goes back.
#[derive(Clone)]
pub struct Ids(Arc<Mutex<Source>>);

struct Source {
    clock: Clock,
    generator: Generator,
    random: StdRng,
}

impl Ids {
    /// Ids with the time of `clock` and randomness from the operating system.
    #[must_use]
    pub fn new(clock: Clock) -> Ids {
        Ids::from_random(clock, rand::make_rng())
    }

    /// Ids that a test can foresee: the same seed and the same times give the same ids.
    #[must_use]
    pub fn seeded(clock: Clock, seed: u64) -> Ids {
        Ids::from_random(clock, StdRng::seed_from_u64(seed))
    }

    fn from_random(clock: Clock, random: StdRng) -> Ids {
        Ids(Arc::new(Mutex::new(Source { clock, generator: Generator::new(), random })))
    }

    /// The next id.
    pub fn ulid(&self) -> Ulid {
        let mut source = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Source { clock, generator, random } = &mut *source;
        let now = SystemTime::from(clock.now());
        match generator.generate_from_datetime_with_source(now, random) {
            Ok(ulid) => ulid,
            // The random part was at its end: the next id borrows from the next millisecond.
            Err(overflow) => overflow.commit_overflow_increment(),
        }
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_goes_back() {
        let clock = Clock::manual(DateTime::from_timestamp(1_700_000_000, 0).expect("valid"));
        let ids = Ids::new(clock.clone());
        let mut last = ids.ulid();
        assert_eq!(last.timestamp_ms(), 1_700_000_000_000);
        for step in 0..1_000 {
            clock.advance(TimeDelta::milliseconds(if step % 3 == 0 { -5 } else { 1 }));
            let next = ids.ulid();
            assert!(next > last, "{next} after {last}");
            last = next;
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        let clock = Clock::manual(DateTime::from_timestamp(1_700_000_000, 0).expect("valid"));
        let draw = |seed| {
            let ids = Ids::seeded(clock.clone(), seed);
            (0..10).map(|_| ids.ulid()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn threads_that_share_a_source_never_draw_the_same_id() {
        let ids = Ids::new(Clock::System);
        let drawn: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..1_000).map(|_| ids.ulid()).collect::<Vec<_>>())).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("joined")).collect()
        });
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 4_000);
    }
}
