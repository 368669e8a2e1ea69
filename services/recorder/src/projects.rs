//! Which number belongs to which project: a fold of the `project` stream, in memory, followed live.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{Event, OperationKind, ProjectCreated, ProjectEvent, ProjectId, ProjectUpdated, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Journal};
use tokio_util::sync::CancellationToken;

use crate::decide::Project;

/// How long to wait before reading goes on after an error.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// The numbers of all projects. Cheap to clone.
#[derive(Clone, Default)]
pub struct Projects(Arc<RwLock<Fold>>);

#[derive(Default)]
struct Fold {
    sequence: u64,
    idle: HashMap<ProjectId, Option<TimeDelta>>,
    numbers: HashMap<String, Owners>,
    leaving: HashSet<ProjectId>,
}

/// What the recorder does at once when it reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A number has a project from now on.
    Connected(String),
    /// A project is being deleted: nothing of it is recorded any more.
    Leaving(ProjectId),
}

/// Whose it is, what reached a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Whose {
    /// This project's.
    Of(Project),
    /// Whoever connects the number will say.
    Waits,
    /// Nobody's, whoever has the number later.
    Nobodys,
}

/// Since when a number belonged to which project, in the order of the log; `None`: to nobody.
type Owners = Vec<(DateTime<Utc>, Option<ProjectId>)>;

impl Fold {
    /// See [`Projects::at`].
    fn whose(&self, phone_number_id: &str, time: DateTime<Utc>) -> Whose {
        let Some(owners) = self.numbers.get(phone_number_id) else { return Whose::Waits };
        let next = owners.partition_point(|(since, _)| *since <= time);
        let (before, after) = owners.split_at(next);
        let has = before.last().and_then(|(_, owner)| *owner);
        let had = before.iter().rev().find_map(|(_, owner)| *owner);
        let comes = after.iter().find_map(|(_, owner)| *owner);
        let of = |id: ProjectId| Whose::Of(Project { id, conversation_idle: self.idle.get(&id).copied().flatten() });
        match (has, had, comes) {
            (Some(id), _, _) | (None, None, Some(id)) => of(id),
            (None, None, None) => Whose::Waits,
            (None, Some(had), Some(id)) if id == had => of(id),
            (None, Some(had), None) if !self.leaving.contains(&had) => Whose::Waits,
            (None, Some(_), _) => Whose::Nobodys,
        }
    }

    /// Times never go back, whatever the clocks of those who wrote did.
    fn own(&mut self, number: &str, since: DateTime<Utc>, owner: Option<ProjectId>) {
        let owners = self.numbers.entry(number.to_owned()).or_default();
        let since = owners.last().map_or(since, |(last, _)| since.max(*last));
        owners.push((since, owner));
    }
}

impl Projects {
    /// Whose it is, what reached a number at a time: of the project that had it then. What came before anybody had it waits for the first
    /// who does. What came after a project let it go is about that project's customers: it waits for the same project to connect the number
    /// again, and is nobody's when another one does or when the project is deleted. It is the same when it is recorded late or once more.
    pub fn at(&self, phone_number_id: &str, time: DateTime<Utc>) -> Whose {
        self.0.read().unwrap_or_else(PoisonError::into_inner).whose(phone_number_id, time)
    }

    /// Whether the project is being deleted, or is gone. What still comes for it is passed over: it must not be written again.
    pub fn leaves(&self, project: ProjectId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).leaving.contains(&project)
    }

    /// Every number that ever belonged to a project.
    pub(crate) fn numbers(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).numbers.keys().cloned().collect()
    }

    /// The numbers that this project has or had.
    pub(crate) fn numbers_of(&self, project: ProjectId) -> Vec<String> {
        let fold = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let theirs = |owners: &Owners| owners.iter().any(|(_, owner)| *owner == Some(project));
        fold.numbers.iter().filter(|(_, owners)| theirs(owners)).map(|(number, _)| number.clone()).collect()
    }

    /// Reads everything that the stream holds now.
    pub async fn catch_up(&self, journal: &Journal) -> Result<(), journal::Error> {
        let mut events = std::pin::pin!(journal.replay(Stream::Project, journal::Range::ALL, Filter::all()));
        while let Some(event) = events.next().await {
            self.apply(&event?);
        }
        Ok(())
    }

    /// Every project that is being deleted, or is gone.
    pub(crate) fn leaving(&self) -> Vec<ProjectId> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).leaving.iter().copied().collect()
    }

    /// Follows the stream until shutdown. `tell` hears what must be acted on.
    pub async fn follow(&self, journal: Journal, tell: impl Fn(News) + Send, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let from = self.0.read().unwrap_or_else(PoisonError::into_inner).sequence + 1;
            let mut events = std::pin::pin!(journal.tail(Stream::Project, from, Filter::all()));
            loop {
                let event = tokio::select! {
                    () = shutdown.cancelled() => return,
                    event = events.next() => event,
                };
                match event {
                    Some(Ok(event)) => {
                        if let Some(news) = self.apply(&event) {
                            tell(news);
                        }
                    }
                    Some(Err(error)) => tracing::warn!(%error, "project stream cannot be read, trying again"),
                    None => break,
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(RETRY_DELAY) => {}
            }
        }
    }

    fn apply(&self, event: &Recorded) -> Option<News> {
        let mut fold = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if event.sequence <= fold.sequence {
            return None;
        }
        fold.sequence = event.sequence;
        let project = event.subject.project_id()?;
        match ProjectEvent::decode(event) {
            Ok(
                ProjectEvent::ProjectCreated(ProjectCreated { conversation_idle_seconds, .. })
                | ProjectEvent::ProjectUpdated(ProjectUpdated { conversation_idle_seconds, .. }),
            ) => {
                let idle = conversation_idle_seconds.map(|seconds| TimeDelta::seconds(seconds.into()));
                fold.idle.insert(project, idle);
            }
            Ok(ProjectEvent::NumberConnected(connected)) => {
                fold.own(&connected.phone_number_id, event.time, Some(project));
                return Some(News::Connected(connected.phone_number_id));
            }
            Ok(ProjectEvent::OperationStarted(started)) if started.kind == OperationKind::DeleteProject => {
                fold.leaving.insert(project);
                return Some(News::Leaving(project));
            }
            Ok(ProjectEvent::ProjectErased(_)) => {
                fold.leaving.insert(project);
            }
            Ok(ProjectEvent::NumberDisconnected(disconnected)) => {
                let number = disconnected.phone_number_id;
                if fold.numbers.get(&number).and_then(|owners| owners.last()).is_some_and(|(_, owner)| *owner == Some(project)) {
                    fold.own(&number, event.time, None);
                }
            }
            Ok(
                ProjectEvent::ProjectReady(_)
                | ProjectEvent::ProjectFailed(_)
                | ProjectEvent::NumberClaimed(_)
                | ProjectEvent::NumberReleased(_)
                | ProjectEvent::ProjectSuspended(_)
                | ProjectEvent::ProjectRestored(_)
                | ProjectEvent::ProjectTransferred(_)
                | ProjectEvent::TransferRequested(_)
                | ProjectEvent::TransferEnded(_)
                | ProjectEvent::OperationStarted(_)
                | ProjectEvent::OperationStepCompleted(_)
                | ProjectEvent::OperationFailed(_)
                | ProjectEvent::OperationRetried(_)
                | ProjectEvent::OperationCompleted(_)
                | ProjectEvent::NumberOffered(_)
                | ProjectEvent::NumberDescribed(_)
                | ProjectEvent::BusinessProfileChanged(_)
                | ProjectEvent::DisplayNameRequested(_)
                | ProjectEvent::DisplayNameDecided(_)
                | ProjectEvent::DataKeyCreated(_)
                | ProjectEvent::SendingPolicySet(_),
            ) => {}
            Err(error) => tracing::error!(%error, stream.seq = event.sequence, "project event is not readable, passed over"),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn project(n: u128) -> ProjectId {
        ProjectId::from_ulid(Ulid::from_parts(1, n))
    }

    fn second(n: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(n, 0).unwrap()
    }

    /// `owners`: who had number 1 since which second; 0: nobody. `wanted`: whose it is, what reached it in that second; 0:
    /// nobody's; none: it waits.
    fn check(owners: &[(i64, u128)], leaving: Option<u128>, wanted: &[(i64, Option<u128>)]) {
        let mut fold = Fold::default();
        for (since, owner) in owners {
            fold.own("1", second(*since), (*owner > 0).then(|| project(*owner)));
        }
        fold.leaving.extend(leaving.map(project));
        for (time, whose) in wanted {
            let wanted = match whose {
                None => Whose::Waits,
                Some(0) => Whose::Nobodys,
                Some(n) => Whose::Of(Project { id: project(*n), conversation_idle: None }),
            };
            assert_eq!(fold.whose("1", second(*time)), wanted, "at {time} of {owners:?}");
        }
    }

    #[test]
    fn what_reaches_a_number_that_nobody_ever_had_waits_for_the_first_who_does() {
        check(&[], None, &[(0, None)]);
        check(&[(10, 1)], None, &[(9, Some(1)), (10, Some(1)), (11, Some(1))]);
        check(&[(10, 1), (20, 0), (30, 2)], None, &[(9, Some(1))]);
    }

    #[test]
    fn what_reaches_a_number_that_was_let_go_is_never_the_next_projects() {
        check(&[(10, 1), (20, 0)], None, &[(19, Some(1)), (20, None), (21, None)]);
        check(&[(10, 1), (20, 0), (30, 2)], None, &[(19, Some(1)), (20, Some(0)), (29, Some(0)), (30, Some(2))]);
        // Also if the first one has it once more after that.
        check(&[(10, 1), (20, 0), (30, 2), (40, 0), (50, 1)], None, &[(25, Some(0)), (45, Some(0)), (50, Some(1))]);
    }

    #[test]
    fn what_reaches_a_number_between_two_connections_to_one_project_is_that_projects() {
        check(&[(10, 1), (20, 0), (30, 1)], None, &[(20, Some(1)), (29, Some(1)), (30, Some(1))]);
        check(&[(10, 1), (20, 0), (30, 1), (40, 0), (50, 2)], None, &[(25, Some(1)), (45, Some(0))]);
    }

    #[test]
    fn nothing_waits_for_a_project_that_is_being_deleted() {
        check(&[(10, 1), (20, 0)], Some(1), &[(20, Some(0)), (21, Some(0))]);
        check(&[(10, 2), (20, 0)], Some(1), &[(21, None)]);
    }

    #[test]
    fn a_clock_that_was_ahead_gives_nothing_to_the_next_project() {
        check(&[(10, 1), (20, 0), (15, 2)], None, &[(14, Some(1)), (19, Some(1)), (20, Some(2))]);
    }
}
