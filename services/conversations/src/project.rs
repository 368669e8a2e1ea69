//! Which projects there are: asked of the log when one is met first, remembered once it is ready.
//!
//! A project that is not ready is asked for every time, so that it can be used the moment it is. One that is being deleted is forgotten
//! as soon as the log says so.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::{Event, OperationKind, ProjectEvent, ProjectId, Stream, Subject};
use futures::StreamExt;
use journal::{Filter, Journal};
use lru::LruCache;
use tokio_util::sync::CancellationToken;

use crate::Error;

/// How many ready projects are remembered; a forgotten one costs one look into the log.
const READY_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("100,000 is not zero");

/// How long to wait before reading goes on after an error.
const RETRY_DELAY: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub(crate) struct Projects {
    journal: Journal,
    ready: Arc<Mutex<LruCache<ProjectId, ()>>>,
}

impl Projects {
    pub(crate) fn new(journal: Journal) -> Self {
        // Not `new`: that would take the room for all of them at once.
        let mut ready = LruCache::unbounded();
        ready.resize(READY_MAX);
        Self { journal, ready: Arc::new(Mutex::new(ready)) }
    }

    pub(crate) async fn healthy(&self) -> Result<(), String> {
        self.journal.healthy().await
    }

    /// Forgets projects that are being deleted, until `shutdown`.
    pub(crate) async fn follow(&self, shutdown: CancellationToken) {
        let mut from = None;
        while !shutdown.is_cancelled() {
            let events = async {
                let start = match from {
                    Some(next) => next,
                    None => self.journal.last_sequence(Stream::Project, "project.>").await? + 1,
                };
                from = Some(start);
                let mut events = std::pin::pin!(self.journal.tail(Stream::Project, start, Filter::subjects(["project.*"])));
                while let Some(event) = events.next().await {
                    let event = event?;
                    from = Some(event.sequence + 1);
                    if let Some(project) = event.subject.project_id()
                        && ProjectEvent::decode(&event).is_ok_and(|fact| Life::Ready.after(&fact) == Life::Unknown)
                    {
                        self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop(&project);
                    }
                }
                Ok::<(), journal::Error>(())
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                ended = events => if let Err(error) = ended {
                    tracing::warn!(%error, "project stream cannot be read, trying again");
                },
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(RETRY_DELAY) => {}
            }
        }
    }

    /// Whether the project's database can be asked.
    pub(crate) async fn ready(&self, project: ProjectId) -> Result<(), Error> {
        if self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&project).is_some() {
            return Ok(());
        }
        let events = self.journal.entity(&Subject::project(project)).await?;
        let facts = events.iter().map(ProjectEvent::decode).collect::<Result<Vec<_>, _>>()?;
        match facts.iter().fold(Life::Unknown, Life::after) {
            Life::Unknown => Err(Error::NoProject),
            Life::Provisioning => Err(Error::NotReady),
            Life::Failed => Err(Error::Failed),
            Life::Ready => {
                self.ready.lock().unwrap_or_else(PoisonError::into_inner).put(project, ());
                Ok(())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Unknown,
    Provisioning,
    Failed,
    Ready,
}

impl Life {
    fn after(self, fact: &ProjectEvent) -> Self {
        match fact {
            ProjectEvent::ProjectCreated(_) => Self::Provisioning,
            ProjectEvent::ProjectReady(_) => Self::Ready,
            ProjectEvent::ProjectFailed(_) => Self::Failed,
            ProjectEvent::ProjectErased(_) => Self::Unknown,
            ProjectEvent::OperationStarted(started) => match started.kind {
                OperationKind::DeleteProject => Self::Unknown,
                OperationKind::CreateProject
                | OperationKind::ConnectNumber
                | OperationKind::DisconnectNumber
                | OperationKind::ResetProject => self,
            },
            ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
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
            | ProjectEvent::SendingPolicySet(_) => self,
        }
    }
}
