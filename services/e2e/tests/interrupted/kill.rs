//! How services die, and which dies when.

use std::time::Duration;

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

pub(crate) const KILLS: [Kill; 4] =
    [Kill::Before, Kill::While(Duration::from_micros(200)), Kill::While(Duration::from_millis(8)), Kill::After];

/// How each dies in the `round`th of as many rounds as there are kills, so that each has died in every way after the last. Lifecycle,
/// which is asked, is not down before: it dies as soon as it is asked.
pub(crate) fn kills(round: usize, services: &[&'static str]) -> Vec<(&'static str, Kill)> {
    let kill = |(n, name): (usize, &&'static str)| match KILLS[(n + round) % KILLS.len()] {
        Kill::Before if *name == "lifecycle" => (*name, Kill::While(Duration::ZERO)),
        kill => (*name, kill),
    };
    services.iter().enumerate().map(kill).collect()
}
