//! When each project is compared with Meta next: at once after a number was connected or an upload was interrupted, and otherwise after a
//! fixed interval. The intervals of the projects are spread, so that they do not all ask at the same time.
//!
//! The agenda is in memory. Projects that are not on it yet are looked up in the table every half minute.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::ProjectId;
use futures::StreamExt;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Class;

use crate::command::Origin;
use crate::error::Error;
use crate::{FlowSync, store};

/// How often the table is asked for projects that are not on the agenda yet.
const LOOK_PAUSE: Duration = Duration::from_secs(30);
/// Projects compared at the same time.
const PARALLEL: usize = 4;
/// Projects taken from the agenda at once.
const TAKEN_MAX: usize = 64;
/// The first pause after Meta, the log or the database did not answer; it doubles.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// The longest of them, as a power of two.
const RETRY_DOUBLINGS_MAX: u32 = 8;
/// After Meta wanted fewer calls. Its limits are by the hour.
const RATE_PAUSE: Duration = Duration::from_secs(600);

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
    failures: u32,
}

/// What came of a project, for the agenda.
enum Ended {
    Well,
    Later { wait: Duration },
}

/// Runs until `stop`.
pub(crate) async fn run(flow_sync: FlowSync, stop: CancellationToken) {
    let mut agenda: HashMap<ProjectId, Entry> = HashMap::new();
    let mut look = Instant::now();
    loop {
        if look <= Instant::now() {
            enter(&flow_sync, &mut agenda).await;
            look = Instant::now() + LOOK_PAUSE;
        }
        for project in flow_sync.asked.take() {
            agenda.insert(project, Entry { due: Instant::now(), failures: 0 });
        }
        let now = Instant::now();
        let due: Vec<ProjectId> =
            agenda.iter().filter(|(_, entry)| entry.due <= now).map(|(project, _)| *project).take(TAKEN_MAX).collect();
        if due.is_empty() {
            let next = agenda.values().map(|entry| entry.due).min().map_or(look, |next| next.min(look));
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(next) => {}
                () = flow_sync.asked.0.1.notified() => {}
            }
            continue;
        }
        let ended = futures::stream::iter(due).map(|project| one(&flow_sync, project)).buffer_unordered(PARALLEL).collect::<Vec<_>>();
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = ended => ended,
        };
        for (project, ended) in ended {
            note(&mut agenda, project, ended, flow_sync.interval);
        }
    }
}

fn note(agenda: &mut HashMap<ProjectId, Entry>, project: ProjectId, ended: Ended, interval: Duration) {
    let failures = agenda.get(&project).map_or(0, |entry| entry.failures);
    let (wait, failures) = match ended {
        Ended::Well => (interval, 0),
        Ended::Later { wait } => ((wait * 2_u32.pow(failures.min(RETRY_DOUBLINGS_MAX))).min(interval.max(wait)), failures + 1),
    };
    agenda.insert(project, Entry { due: Instant::now() + wait, failures });
}

/// Projects that are new to the agenda, and those whose upload waits.
async fn enter(flow_sync: &FlowSync, agenda: &mut HashMap<ProjectId, Entry>) {
    let found = match store::projects(&flow_sync.pool).await {
        Ok(found) => found,
        Err(error) => return tracing::warn!(error = %chassis::error_chain(&error), "projects with Flows cannot be read"),
    };
    let there: HashSet<ProjectId> = found.iter().map(|(project, _)| *project).collect();
    agenda.retain(|project, _| there.contains(project));
    for (project, pending) in found {
        let now = Instant::now();
        let wait = if pending { Duration::ZERO } else { spread(project, flow_sync.interval) };
        agenda.entry(project).or_insert(Entry { due: now + wait, failures: 0 });
    }
}

/// The same for a project at every start, and different for each.
fn spread(project: ProjectId, interval: Duration) -> Duration {
    let millis = interval.as_millis().max(1);
    Duration::from_millis(u64::try_from(project.ulid().0 % millis).unwrap_or_default())
}

async fn one(flow_sync: &FlowSync, project: ProjectId) -> (ProjectId, Ended) {
    let ended = match flow_sync.reconcile(project, Origin::Work).await {
        Ok(report) => report.stopped.map_or(Ended::Well, |error| later(project, &error)),
        // Whoever connects a number asks for it again.
        Err(Error::NoLine(_)) | Err(Error::Token(projects::TokenError::None)) => Ended::Well,
        Err(error) => later(project, &error),
    };
    (project, ended)
}

fn later(project: ProjectId, error: &Error) -> Ended {
    tracing::warn!(project.id = %project, error = %chassis::error_chain(error), "Flows are compared with Meta later");
    match error {
        Error::Meta { source, .. } if source.class() == Class::RateLimited => Ended::Later { wait: RATE_PAUSE },
        _ => Ended::Later { wait: RETRY_PAUSE },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_are_spread_over_the_interval_and_failures_wait_longer_each_time() {
        let hour = Duration::from_secs(3_600);
        let project = |n: u128| ProjectId::from_ulid((n * 1_234_567).into());
        let waits: HashSet<_> = (1..100).map(|n| spread(project(n), hour)).collect();
        assert!(waits.len() > 90 && waits.iter().all(|wait| *wait < hour));
        let mut agenda = HashMap::new();
        let mut before = Duration::ZERO;
        for _ in 0..9 {
            note(&mut agenda, project(1), Ended::Later { wait: RETRY_PAUSE }, hour);
            let wait = agenda[&project(1)].due - Instant::now();
            assert!(wait > before && wait <= hour, "{wait:?} after {before:?}");
            before = wait;
        }
        note(&mut agenda, project(1), Ended::Well, hour);
        assert_eq!(agenda[&project(1)].failures, 0);
    }
}
