//! How services die, and which dies when: drawn, so that each run tries other places; the same seed draws the same.

use std::ops::Range;
use std::time::Duration;

use chassis::Clock;
use e2e::dice::Dice;

/// Repeats what was drawn, if it is set to the number that was printed.
pub(crate) const SEED: &str = "PAIGE_SEED";
/// Projects of each part of the test, and ways to die.
pub(crate) const ROUNDS: usize = 4;
/// Microseconds after something has begun: while it is being asked for, and while services work on it.
const SOON_US: Range<u64> = 0..1_000;
const LATER_US: Range<u64> = 1_000..30_000;

/// When a service is killed, relative to what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// It is down when it happens, and started when it has.
    Before,
    /// So long after it has begun.
    While(Duration),
    /// Its effect is in the log.
    After,
}

/// Who is killed in a round, and how.
pub(crate) type Kills = Vec<(&'static str, Kill)>;

/// What draws them.
pub(crate) struct Deaths(Dice);

/// The number that was asked for, or another each time.
pub(crate) fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("{SEED}={text}: {error}")),
        Err(_) => Clock::System.now().timestamp_micros().unsigned_abs(),
    }
}

impl Deaths {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    /// How each dies in each round: in every way once, in any order. Lifecycle, which is asked, is not down before: it dies as soon as it is
    /// asked.
    pub(crate) fn draw(&mut self, services: &[&'static str]) -> [Kills; ROUNDS] {
        let mut rounds: [Kills; ROUNDS] = Default::default();
        for name in services {
            let mut ways = [Kill::Before, self.within(SOON_US), self.within(LATER_US), Kill::After];
            self.0.shuffle(&mut ways);
            for (kills, way) in rounds.iter_mut().zip(ways) {
                let way = if *name == "lifecycle" && way == Kill::Before { Kill::While(Duration::ZERO) } else { way };
                kills.push((*name, way));
            }
        }
        rounds
    }

    fn within(&mut self, span: Range<u64>) -> Kill {
        Kill::While(Duration::from_micros(self.0.between(span)))
    }
}

#[test]
fn the_same_seed_kills_the_same_and_everybody_in_every_way() {
    let drawn = |seed| Deaths::new(seed).draw(&["billing", "lifecycle", "access"]);
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    for seed in 0..100 {
        let rounds = drawn(seed);
        let ways = |name: &str| rounds.iter().flatten().filter(|(other, _)| *other == name).map(|(_, way)| *way).collect::<Vec<_>>();
        assert_eq!(ways("lifecycle").iter().filter(|way| **way == Kill::Before).count(), 0);
        for way in [Kill::Before, Kill::After] {
            assert_eq!(ways("billing").iter().filter(|other| **other == way).count(), 1);
        }
        assert!(rounds.iter().all(|kills| kills.len() == 3));
    }
}
