//! When each project has its turn next, for a service that compares what it keeps of projects with what Meta has: at once when somebody asks for
//! it, after a growing pause when it failed, and otherwise after a fixed interval. The intervals of the projects are spread, so that they do
//! not all ask Meta at the same time.
//!
//! Turns are in memory. What is compared, and which projects have anything to compare, is the service's business.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::ProjectId;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Projects whose turn it is, taken at once.
const TAKEN_MAX: usize = 64;
/// The longest pause after failures, as a power of two of the first.
const RETRY_DOUBLINGS_MAX: u32 = 8;

/// Projects that somebody wants to have their turn soon. Clones are the same.
#[derive(Clone, Default)]
pub struct Asked(Arc<(Mutex<HashSet<ProjectId>>, Notify)>);

impl Asked {
    /// Wants it.
    pub fn ask(&self, project: ProjectId) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).insert(project);
        self.0.1.notify_one();
    }

    fn take(&self) -> HashSet<ProjectId> {
        std::mem::take(&mut *self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What came of a turn.
#[derive(Debug)]
pub enum Ended {
    /// The next one is after the interval.
    Well,
    /// The next one is after this pause, which doubles each time until one ends well.
    Later {
        /// The first of them.
        wait: Duration,
    },
}

#[derive(Clone, Copy)]
struct Turn {
    due: Instant,
    /// When the last one ended.
    last: Option<Instant>,
    failures: u32,
}

/// Who has a turn, and when.
pub struct Turns {
    turns: HashMap<ProjectId, Turn>,
    interval: Duration,
    asked_pause: Duration,
}

impl Turns {
    /// Nobody's yet. Between two turns of a project are `interval` usually, and `asked_pause` at least, however often somebody asks.
    pub fn new(interval: Duration, asked_pause: Duration) -> Self {
        Self { turns: HashMap::new(), interval, asked_pause }
    }

    /// Only these have turns any more.
    pub fn retain(&mut self, there: &HashSet<ProjectId>) {
        self.turns.retain(|project, _| there.contains(project));
    }

    /// Gives the project a turn, if it has none yet: `now`, or at its place in the interval.
    pub fn enter(&mut self, project: ProjectId, now: bool) {
        let wait = if now { Duration::ZERO } else { spread(project, self.interval) };
        self.turns.entry(project).or_insert(Turn { due: Instant::now() + wait, last: None, failures: 0 });
    }

    /// Somebody wants it soon.
    pub fn advance(&mut self, project: ProjectId) {
        let now = Instant::now();
        let turn = self.turns.entry(project).or_insert(Turn { due: now, last: None, failures: 0 });
        turn.due = turn.last.map_or(now, |last| (last + self.asked_pause).max(now)).min(turn.due);
        turn.failures = 0;
    }

    /// Whether its last turn failed, so that the next has a time of its own.
    pub fn has_failed(&self, project: ProjectId) -> bool {
        self.turns.get(&project).is_some_and(|turn| turn.failures > 0)
    }

    /// Whose turn it is. If it is nobody's, it waits until it is somebody's, until somebody asks or until `look`, and gives none. It may be
    /// dropped and called again.
    pub async fn due(&mut self, asked: &Asked, look: Instant) -> Vec<ProjectId> {
        for project in asked.take() {
            self.advance(project);
        }
        let now = Instant::now();
        let due: Vec<ProjectId> =
            self.turns.iter().filter(|(_, turn)| turn.due <= now).map(|(project, _)| *project).take(TAKEN_MAX).collect();
        if due.is_empty() {
            let next = self.turns.values().map(|turn| turn.due).min().map_or(look, |next| next.min(look));
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = asked.0.1.notified() => {}
            }
        }
        due
    }

    /// When the next turn of a project is, after one that ended like this.
    pub fn note(&mut self, project: ProjectId, ended: Ended) {
        let failures = self.turns.get(&project).map_or(0, |turn| turn.failures);
        let (wait, failures) = match ended {
            Ended::Well => (self.interval, 0),
            Ended::Later { wait } => ((wait * 2_u32.pow(failures.min(RETRY_DOUBLINGS_MAX))).min(self.interval.max(wait)), failures + 1),
        };
        let now = Instant::now();
        self.turns.insert(project, Turn { due: now + wait, last: Some(now), failures });
    }
}

/// When in the interval a project's turn is: the same each time, and different for each.
fn spread(project: ProjectId, interval: Duration) -> Duration {
    let millis = interval.as_millis().max(1);
    Duration::from_millis(u64::try_from(project.ulid().0 % millis).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const ASKED_PAUSE: Duration = Duration::from_secs(1);
    const RETRY_PAUSE: Duration = Duration::from_secs(5);

    fn project(n: u128) -> ProjectId {
        ProjectId::from_ulid((n * 1_234_567).into())
    }

    #[test]
    fn projects_are_spread_over_the_interval_and_failures_wait_longer_each_time() {
        let waits: HashSet<_> = (1..100).map(|n| spread(project(n), HOUR)).collect();
        assert!(waits.len() > 90 && waits.iter().all(|wait| *wait < HOUR));
        let mut turns = Turns::new(HOUR, ASKED_PAUSE);
        let mut before = Duration::ZERO;
        for _ in 0..9 {
            turns.note(project(1), Ended::Later { wait: RETRY_PAUSE });
            let wait = turns.turns[&project(1)].due - Instant::now();
            assert!(wait > before && wait <= HOUR, "{wait:?} after {before:?}");
            before = wait;
        }
        assert!(turns.has_failed(project(1)));
        turns.note(project(1), Ended::Well);
        assert!(!turns.has_failed(project(1)));
    }

    #[test]
    fn however_often_it_is_asked_for_it_is_one_turn_and_is_never_put_off() {
        let mut turns = Turns::new(HOUR, ASKED_PAUSE);
        turns.advance(project(1));
        assert!(turns.turns[&project(1)].due <= Instant::now(), "the first at once");
        turns.note(project(1), Ended::Well);
        turns.advance(project(1));
        let due = turns.turns[&project(1)].due;
        let wait = due - Instant::now();
        assert!(wait > Duration::ZERO && wait <= ASKED_PAUSE, "{wait:?}");
        turns.advance(project(1));
        assert_eq!(turns.turns[&project(1)].due, due);
    }

    #[tokio::test]
    async fn whoever_asks_is_next() {
        let (mut turns, asked) = (Turns::new(HOUR, ASKED_PAUSE), Asked::default());
        let look = Instant::now() + HOUR;
        turns.enter(project(1), true);
        assert_eq!(turns.due(&asked, look).await, [project(1)]);
        turns.note(project(1), Ended::Well);
        asked.ask(project(2));
        assert_eq!(turns.due(&asked, look).await, [project(2)]);
        turns.note(project(2), Ended::Well);
        assert!(turns.due(&asked, Instant::now()).await.is_empty(), "nobody's turn");
    }
}
