//! Who fetches what, when: so many files at once, so many of one project, the oldest of each project first. A project that was sent a
//! thousand files waits for its own.

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use contract::{MediaId, ProjectId};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::store::Pending;
use crate::{Media, store};

/// Files fetched at once.
const PARALLEL_MAX: usize = 8;
/// Of one project.
const PROJECT_PARALLEL_MAX: usize = 2;
/// Between attempts while the platform database does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts at a file while the log or the storage does not do as told: Meta gives its bytes out each time.
const OUTAGE_GAP: TimeDelta = TimeDelta::seconds(30);
/// How often the files that wait are counted.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Files that are being fetched.
#[derive(Default)]
struct Running(HashMap<MediaId, ProjectId>);

impl Running {
    fn of(&self, project: ProjectId) -> usize {
        self.0.values().filter(|running| **running == project).count()
    }

    fn free(&self) -> usize {
        PARALLEL_MAX - self.0.len()
    }

    /// Projects that fetch as much as they may.
    fn full(&self) -> Vec<String> {
        let mut projects: Vec<ProjectId> = self.0.values().copied().filter(|project| self.of(*project) >= PROJECT_PARALLEL_MAX).collect();
        projects.sort_unstable();
        projects.dedup();
        projects.iter().map(ToString::to_string).collect()
    }

    /// Of what is due, what is begun now.
    fn choose(&mut self, mut due: Vec<Pending>) -> Vec<Pending> {
        let before: HashMap<ProjectId, usize> = due.iter().map(|file| (file.project, self.of(file.project))).collect();
        // A project that fetches nothing yet comes before one that fetches something.
        due.sort_by_key(|file| usize::try_from(file.place).unwrap_or(usize::MAX).saturating_add(before[&file.project]));
        let mut chosen = Vec::new();
        for file in due {
            if self.free() > 0 && self.of(file.project) < PROJECT_PARALLEL_MAX {
                self.0.insert(file.id, file.project);
                chosen.push(file);
            }
        }
        chosen
    }
}

/// Fetches until `stop`; what is under way then is given up, and begun again at the next start.
pub(crate) async fn run(media: Media, stop: CancellationToken) {
    let mut running = Running::default();
    let mut tasks: JoinSet<MediaId> = JoinSet::new();
    loop {
        let next = match begin(&media, &mut running, &mut tasks).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(error = %chassis::error_chain(&error), "files that are due cannot be read");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(OUTAGE_PAUSE) => continue,
                }
            }
        };
        let due = async {
            match next {
                Some(at) => media.clock.reach(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            Some(ended) = tasks.join_next() => match ended {
                Ok(id) => drop(running.0.remove(&id)),
                // Nobody knows whose it was: what was under way is begun again.
                Err(error) => {
                    tracing::error!(%error, "fetching a file ended in a way that nobody foresaw");
                    tasks.abort_all();
                    while tasks.join_next().await.is_some() {}
                    running.0.clear();
                    tokio::time::sleep(OUTAGE_PAUSE).await;
                }
            },
            () = due => {}
            () = media.work.notified() => {}
        }
    }
}

/// Begins what there is room for, and says when something else is due.
async fn begin(media: &Media, running: &mut Running, tasks: &mut JoinSet<MediaId>) -> Result<Option<chrono::DateTime<chrono::Utc>>, Error> {
    let now = media.clock.now();
    if running.free() > 0 {
        let busy: Vec<String> = running.0.keys().map(ToString::to_string).collect();
        let (each, limit) = (PROJECT_PARALLEL_MAX as i64, (PARALLEL_MAX * PROJECT_PARALLEL_MAX) as i64);
        let due = store::due(&media.pool, now, &busy, &running.full(), each, limit).await?;
        for file in running.choose(due) {
            let media = media.clone();
            tasks.spawn(async move {
                let id = file.id;
                if let Err(error) = media.attempt(&file).await {
                    tracing::warn!(
                        project.id = %file.project,
                        media.id = %id,
                        error = %chassis::error_chain(&error),
                        "a file waits for what is down here"
                    );
                    if store::set_aside(&media.pool, id, media.clock.now() + OUTAGE_GAP).await.is_err() {
                        tokio::time::sleep(OUTAGE_PAUSE).await;
                    }
                }
                id
            });
        }
    }
    store::next_due(&media.pool, now).await
}

/// Counts what waits, until `stop`.
pub(crate) async fn count(media: Media, stop: CancellationToken) {
    let mut every = interval(COUNT_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        if let Ok(waiting) = store::waiting(&media.pool).await {
            metrics::gauge!("media_waiting").set(waiting as f64);
        }
    }
}
