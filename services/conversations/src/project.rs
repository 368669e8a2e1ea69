//! Which projects there are: asked of the log when one is met first, remembered once it is ready.
//!
//! A project that is not ready is asked for every time, so that it can be used the moment it is.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use contract::{Event, ProjectEvent, ProjectId, Subject};
use journal::Journal;
use lru::LruCache;

use crate::Error;

/// How many ready projects are remembered; a forgotten one costs one look into the log.
const READY_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("100,000 is not zero");

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
            ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::ProjectErased(_)
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
            | ProjectEvent::DataKeyCreated(_) => self,
        }
    }
}
