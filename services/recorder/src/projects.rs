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

/// Since when a number belonged to which project, in the order of the log; `None`: to nobody.
type Owners = Vec<(DateTime<Utc>, Option<ProjectId>)>;

impl Fold {
    /// Times never go back, whatever the clocks of those who wrote did.
    fn own(&mut self, number: &str, since: DateTime<Utc>, owner: Option<ProjectId>) {
        let owners = self.numbers.entry(number.to_owned()).or_default();
        let since = owners.last().map_or(since, |(last, _)| since.max(*last));
        owners.push((since, owner));
    }
}

impl Projects {
    /// The project of what reached a number at a time: whose it was then, else whose it became next. What came before the number went
    /// from one project to another stays with the one, also when it is recorded late or once more.
    pub fn at(&self, phone_number_id: &str, time: DateTime<Utc>) -> Option<Project> {
        let fold = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let owners = fold.numbers.get(phone_number_id)?;
        let next = owners.partition_point(|(since, _)| *since <= time);
        let then = next.checked_sub(1).and_then(|index| owners[index].1);
        let id = then.or_else(|| owners[next..].iter().find_map(|(_, owner)| *owner))?;
        Some(Project { id, conversation_idle: fold.idle.get(&id).copied().flatten() })
    }

    /// Whether the project is being deleted, or is gone. What still comes for it is passed over: it must not be written again.
    pub fn leaves(&self, project: ProjectId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).leaving.contains(&project)
    }

    /// Every number that ever belonged to a project.
    pub(crate) fn numbers(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).numbers.keys().cloned().collect()
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
