//! The steps of operations that lifecycle does itself, one after the other, each until it is done, refused, or its time is up.
//!
//! What is to be done is in the rows, so it goes on after a crash; every step can be repeated. Many projects at a time, and in the
//! background: nobody who records or reads waits for it. Erasing the log, which takes longest, has only some of the places.

use std::collections::HashMap;
use std::time::Duration;

use contract::ProjectId;
use tokio::task::{self, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::heard::Heard;
use super::steps;
use crate::decide::Command;
use crate::error::Error;
use crate::origin::Origin;
use crate::project::Project;
use crate::{Lifecycle, erase, number, store};

/// Projects worked on at the same time.
const PARALLEL: usize = 4;
/// Of these, projects whose log is erased, for seconds to hours: the other places are for whoever waits for an answer meanwhile.
const ERASURES_MAX: usize = 2;
/// Projects looked at in one go.
const LOOK_MAX: u16 = 200;
/// Between attempts of one step, and while the log or the database does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// How much longer the next attempt waits when a step has to wait for somebody else's servers, and the longest wait.
const WAIT_FACTOR: u32 = 3;
const WAIT_MAX: Duration = Duration::from_secs(120);
/// How long nobody looks when nothing happens.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What came of a step.
#[derive(Debug, Clone)]
pub(crate) enum Ran {
    /// It is done.
    Done,
    /// It can never work as it is: the operation is given up, and may be tried again.
    Refused {
        /// Stable name of the cause.
        code: &'static str,
        /// Why, for the owner to read.
        reason: String,
    },
    /// It is done, and this was learned by it.
    Learned(Box<Command>),
    /// It may work later.
    Later {
        /// What is waited for, for the log.
        cause: String,
        /// The same for the owner to read; Meta's own words where Meta gave any.
        words: String,
    },
}

/// What follows a step.
enum Next {
    /// Another may follow at once.
    Another,
    /// Nothing that is to be done here.
    Nothing,
    /// The same again, later.
    Wait,
}

/// A project that is worked on, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn {
    project: ProjectId,
    /// Whether its log is to be erased.
    erases: bool,
}

/// Works until `shutdown`. What runs then is left where it is.
pub(crate) async fn run(lifecycle: &Lifecycle, shutdown: &CancellationToken) {
    let mut running = JoinSet::new();
    let mut busy: HashMap<task::Id, Turn> = HashMap::new();
    let mut rested: HashMap<ProjectId, Instant> = HashMap::new();
    let mut waits: HashMap<ProjectId, Duration> = HashMap::new();
    loop {
        let mut changed = lifecycle.wake.subscribe();
        let now = Instant::now();
        rested.retain(|_, until| *until > now);
        let found = store::with_own_step(&lifecycle.pool, LOOK_MAX).await;
        let pause = if found.is_err() || !rested.is_empty() { PAUSE } else { LOOK_AGAIN };
        let found = found.unwrap_or_else(|error| {
            tracing::warn!(error = %chassis::error_chain(&error), "operations cannot be read, trying again");
            Vec::new()
        });
        let waiting = found.iter().map(|(project, operation)| Turn { project: *project, erases: operation.own_step() == Some(steps::LOG) });
        let waiting = waiting.filter(|turn| !rested.contains_key(&turn.project));
        for turn in next(waiting, &busy.values().copied().collect::<Vec<_>>()) {
            let lifecycle = lifecycle.clone();
            busy.insert(running.spawn(async move { lifecycle.work_on(turn).await }).id(), turn);
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            Some(ended) = running.join_next_with_id() => {
                let (task, waits_for_meta) = ended.unwrap_or_else(|panic| (panic.id(), false));
                if let Some(Turn { project: id, .. }) = busy.remove(&task) {
                    // Each time longer where others are asked; our own servers are looked after every second.
                    let wait = waits.remove(&id).map_or(PAUSE, |before| (before * WAIT_FACTOR).min(WAIT_MAX));
                    if waits_for_meta {
                        waits.insert(id, wait);
                    }
                    rested.insert(id, Instant::now() + if waits_for_meta { wait } else { PAUSE });
                }
            }
            _ = changed.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Whose turn it is beside those who are at work: in their order, but no more erasures than there may be.
fn next(waiting: impl Iterator<Item = Turn>, busy: &[Turn]) -> Vec<Turn> {
    let mut working = busy.to_vec();
    for turn in waiting {
        let erasures = working.iter().filter(|other| other.erases).count();
        let at_work = working.iter().any(|other| other.project == turn.project);
        if working.len() < PARALLEL && !at_work && (!turn.erases || erasures < ERASURES_MAX) {
            working.push(turn);
        }
    }
    working.split_off(busy.len())
}

impl Lifecycle {
    /// Does the steps of a project's operation that are lifecycle's own, as far as it comes. Whether somebody else's servers are waited for.
    async fn work_on(&self, turn: Turn) -> bool {
        let id = turn.project;
        loop {
            match self.next_step(turn).await {
                Ok(Next::Another) => {}
                Ok(Next::Nothing) => return false,
                Ok(Next::Wait) => return true,
                Err(error) => {
                    tracing::warn!(project.id = %id, error = %chassis::error_chain(&error), "a step waits, trying again");
                    return false;
                }
            }
        }
    }

    /// Does one step.
    async fn next_step(&self, Turn { project: id, erases }: Turn) -> Result<Next, Error> {
        let Some(project) = self.ground(id, None).await?.state.project else { return Ok(Next::Nothing) };
        // An erasure waits for one of its own places.
        let Some(step) = project.operation.own_step().filter(|step| erases || *step != steps::LOG) else {
            // The row is behind its log.
            store::save_project(&self.pool, &project).await?;
            return Ok(Next::Nothing);
        };
        let operation = project.operation.id;
        let ran = self.run_step(&project, step).await?;
        if !matches!(ran, Ran::Later { .. }) {
            self.heard.forget(id);
        }
        let command = match ran {
            Ran::Done => Command::StepDone { operation, step },
            Ran::Learned(command) => *command,
            Ran::Refused { code, reason } => Command::StepFailed { operation, step, code, reason, since: project.version },
            Ran::Later { cause, words } => {
                self.heard.note(id, Heard { operation, step, words });
                tracing::warn!(project.id = %id, operation.id = %operation, step, cause, "a step waits, trying again");
                return Ok(Next::Wait);
            }
        };
        let after = self.carry_out(id, &command, None, &Origin::Operation(operation)).await?;
        let another = after.is_some_and(|project| project.operation.running() || project.operation.gives_back());
        Ok(if another { Next::Another } else { Next::Nothing })
    }

    async fn run_step(&self, project: &Project, step: &'static str) -> Result<Ran, Error> {
        match step {
            steps::NUMBER => number::give_back::give_back(self, project).await,
            steps::SUBSCRIBE_APP => number::connecting::subscribe_app(self, project).await,
            steps::REGISTER => number::connecting::register(self, project).await,
            steps::READ_NUMBER => number::connecting::read_number(self, project).await,
            steps::GIVE_BACK => number::give_back::left_over(self, project).await,
            steps::LOG => erase::erase_log(self, project.id, project.operation.overwrite).await.map(|()| Ran::Done),
            steps::KEY => erase::destroy_key(&self.journal, project.id).await.map(|()| Ran::Done),
            other => Ok(Ran::Refused { code: "unknown_step", reason: format!("{other} is nothing that can be done") }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(n: u8, erases: bool) -> Turn {
        Turn { project: format!("prj_0000000000000000000000000{n}").parse().unwrap(), erases }
    }

    #[test]
    fn erasures_that_take_hours_leave_places_for_everybody_else() {
        let erasures = [1, 2, 3, 4].map(|n| turn(n, true));
        let others = [5, 6, 7].map(|n| turn(n, false));
        assert_eq!(next(erasures.into_iter(), &[]), erasures[..2]);
        assert_eq!(next(erasures.into_iter(), &erasures[..2]), Vec::<Turn>::new());
        let all = || erasures.into_iter().chain(others);
        assert_eq!(next(all(), &erasures[..2]), others[..2]);
        assert_eq!(next(all(), &[erasures[0], others[0]]), [erasures[1], others[1]]);
        // Nobody else waits: others may have every place, erasures theirs.
        assert_eq!(next(others.into_iter(), &[turn(8, false)]), others);
        assert_eq!(next(all(), &[turn(8, false), turn(9, false), others[0], others[1]]), Vec::<Turn>::new());
    }
}
