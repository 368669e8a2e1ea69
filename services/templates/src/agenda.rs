//! When each project's templates are compared with Meta next: at once after a number was connected, a step was interrupted or a webhook
//! left a doubt, and otherwise after a fixed interval. The intervals of the projects are spread, so that they do not all ask at the same
//! time.
//!
//! The agenda is in memory. A process that starts first goes on with what is pending.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::ProjectId;
use futures::StreamExt;
use projects::{Life, TokenError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Class;

use crate::Templates;
use crate::command::Origin;
use crate::error::Error;

/// How often it is looked for projects that are not on the agenda yet.
const LOOK_PAUSE: Duration = Duration::from_secs(30);
/// Projects compared at the same time.
const PARALLEL: usize = 4;
/// Projects taken from the agenda at once.
const TAKEN_MAX: usize = 64;
/// The first pause after Meta or the log did not answer, or while something is pending; it doubles.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// The longest of them, as a power of two.
const RETRY_DOUBLINGS_MAX: u32 = 8;
/// After Meta wanted fewer calls. Its limits are by the hour.
const RATE_PAUSE: Duration = Duration::from_secs(600);
/// Between two comparisons of a project, however many doubts there are.
const ASKED_PAUSE: Duration = Duration::from_secs(1);

/// Projects that somebody wants to be compared soon.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<(Mutex<HashSet<ProjectId>>, Notify)>);

impl Asked {
    pub(crate) fn ask(&self, project: ProjectId) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).insert(project);
        self.0.1.notify_one();
    }

    fn take(&self) -> HashSet<ProjectId> {
        std::mem::take(&mut *self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Clone, Copy)]
struct Entry {
    due: Instant,
    /// When the last comparison ended.
    last: Option<Instant>,
    failures: u32,
}

/// What came of a project, for the agenda.
enum Ended {
    Well,
    Later { wait: Duration },
}

/// Runs until `stop`.
pub(crate) async fn run(templates: &Templates, stop: &CancellationToken) {
    if templates.graph.is_none() {
        return stop.cancelled().await;
    }
    // What is pending is known first.
    tokio::select! {
        () = stop.cancelled() => return,
        () = templates.library.caught_up() => {}
    }
    let mut agenda: HashMap<ProjectId, Entry> = HashMap::new();
    let mut look = Instant::now();
    loop {
        if look <= Instant::now() {
            enter(templates, &mut agenda);
            look = Instant::now() + LOOK_PAUSE;
        }
        for project in templates.asked.take() {
            advance(&mut agenda, project);
        }
        let now = Instant::now();
        let due: Vec<ProjectId> =
            agenda.iter().filter(|(_, entry)| entry.due <= now).map(|(project, _)| *project).take(TAKEN_MAX).collect();
        if due.is_empty() {
            let next = agenda.values().map(|entry| entry.due).min().map_or(look, |next| next.min(look));
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(next) => {}
                () = templates.asked.0.1.notified() => {}
            }
            continue;
        }
        let ended = futures::stream::iter(due).map(|project| one(templates, project)).buffer_unordered(PARALLEL).collect::<Vec<_>>();
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = ended => ended,
        };
        for (project, ended) in ended {
            note(&mut agenda, project, ended, templates.interval);
        }
    }
}

/// Somebody wants it soon.
fn advance(agenda: &mut HashMap<ProjectId, Entry>, project: ProjectId) {
    let now = Instant::now();
    let entry = agenda.entry(project).or_insert(Entry { due: now, last: None, failures: 0 });
    entry.due = entry.last.map_or(now, |last| (last + ASKED_PAUSE).max(now)).min(entry.due);
    entry.failures = 0;
}

fn note(agenda: &mut HashMap<ProjectId, Entry>, project: ProjectId, ended: Ended, interval: Duration) {
    let failures = agenda.get(&project).map_or(0, |entry| entry.failures);
    let (wait, failures) = match ended {
        Ended::Well => (interval, 0),
        Ended::Later { wait } => ((wait * 2_u32.pow(failures.min(RETRY_DOUBLINGS_MAX))).min(interval.max(wait)), failures + 1),
    };
    let now = Instant::now();
    agenda.insert(project, Entry { due: now + wait, last: Some(now), failures });
}

/// Projects that are new to the agenda: those that can ask Meta.
fn enter(templates: &Templates, agenda: &mut HashMap<ProjectId, Entry>) {
    let able = templates
        .projects
        .all()
        .into_iter()
        .filter(|project| project.life != Life::Leaving && project.number.as_ref().is_some_and(|number| number.sealed_token.is_some()));
    let there: HashSet<ProjectId> = able.map(|project| project.id).collect();
    agenda.retain(|project, _| there.contains(project));
    let now = Instant::now();
    for project in there {
        agenda.entry(project).or_insert(Entry { due: now + spread(project, templates.interval), last: None, failures: 0 });
        // One that failed has a time of its own.
        if templates.library.is_pending(project) && agenda.get(&project).is_some_and(|entry| entry.failures == 0) {
            advance(agenda, project);
        }
    }
}

/// When in the interval a project's turn is: the same each time, and different for each.
fn spread(project: ProjectId, interval: Duration) -> Duration {
    let millis = interval.as_millis().max(1);
    Duration::from_millis(u64::try_from(project.ulid().0 % millis).unwrap_or_default())
}

async fn one(templates: &Templates, project: ProjectId) -> (ProjectId, Ended) {
    let ended = match templates.reconcile(project, &Origin::work()).await {
        Ok(report) if report.pending > 0 && report.stopped.is_none() => Ended::Later { wait: RETRY_PAUSE },
        Ok(report) => report.stopped.map_or(Ended::Well, |error| later(project, &error)),
        // Whoever connects a number asks for it again.
        Err(Error::NoLine(_) | Error::Token(TokenError::None)) => Ended::Well,
        Err(error) => later(project, &error),
    };
    (project, ended)
}

fn later(project: ProjectId, error: &Error) -> Ended {
    tracing::warn!(project.id = %project, error = %chassis::error_chain(error), "templates are compared with Meta later");
    match error {
        Error::Meta { source, .. } if source.class() == Class::RateLimited => Ended::Later { wait: RATE_PAUSE },
        Error::Meta { .. }
        | Error::Refused(_)
        | Error::NoLine(_)
        | Error::Token(_)
        | Error::Log(_)
        | Error::Append(_)
        | Error::Contended(_)
        | Error::Decode { .. } => Ended::Later { wait: RETRY_PAUSE },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn project(n: u128) -> ProjectId {
        ProjectId::from_ulid((n * 1_234_567).into())
    }

    #[test]
    fn projects_are_spread_over_the_interval_and_failures_wait_longer_each_time() {
        let waits: HashSet<_> = (1..100).map(|n| spread(project(n), HOUR)).collect();
        assert!(waits.len() > 90 && waits.iter().all(|wait| *wait < HOUR));
        let mut agenda = HashMap::new();
        let mut before = Duration::ZERO;
        for _ in 0..9 {
            note(&mut agenda, project(1), Ended::Later { wait: RETRY_PAUSE }, HOUR);
            let wait = agenda[&project(1)].due - Instant::now();
            assert!(wait > before && wait <= HOUR, "{wait:?} after {before:?}");
            before = wait;
        }
        note(&mut agenda, project(1), Ended::Well, HOUR);
        assert_eq!(agenda[&project(1)].failures, 0);
    }

    #[test]
    fn many_doubts_are_one_comparison_and_never_put_it_off() {
        let mut agenda = HashMap::new();
        advance(&mut agenda, project(1));
        assert!(agenda[&project(1)].due <= Instant::now(), "the first at once");
        note(&mut agenda, project(1), Ended::Well, HOUR);
        advance(&mut agenda, project(1));
        let due = agenda[&project(1)].due;
        let wait = due - Instant::now();
        assert!(wait > Duration::ZERO && wait <= ASKED_PAUSE, "{wait:?}");
        advance(&mut agenda, project(1));
        assert_eq!(agenda[&project(1)].due, due);
    }
}
