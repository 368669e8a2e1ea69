//! What a workspace is: read from its own events when somebody asks, because lifecycle keeps nothing about workspaces.

use contract::{Event, ProjectId, Subject, TransferId, WorkspaceEvent, WorkspaceId, WorkspaceKind};

use crate::decide::Refusal;
use crate::error::Error;
use crate::{Lifecycle, store};

/// What a workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody created it, or it was deleted.
    Absent,
    /// It is there.
    Is(WorkspaceKind),
}

impl Lifecycle {
    /// What `workspace` is now.
    ///
    /// # Errors
    /// [`Error::Log`], [`Error::Decode`].
    pub(crate) async fn workspace(&self, workspace: WorkspaceId) -> Result<Standing, Error> {
        let mut standing = Standing::Absent;
        for recorded in self.journal.entity(&Subject::workspace(workspace)).await? {
            let event = WorkspaceEvent::read(&recorded)?;
            if let WorkspaceEvent::WorkspaceCreated(created) = event {
                standing = Standing::Is(created.kind);
            } else if let WorkspaceEvent::WorkspaceDeleted(_) = event {
                standing = Standing::Absent;
            }
        }
        Ok(standing)
    }

    /// Whether `workspace` was deleted: that is the last that is said of one.
    ///
    /// # Errors
    /// [`Error::Log`], [`Error::Decode`].
    pub(crate) async fn is_deleted(&self, workspace: WorkspaceId) -> Result<bool, Error> {
        let last = self.journal.last(&Subject::workspace(workspace)).await?;
        let said = last.as_ref().map(WorkspaceEvent::read).transpose()?;
        Ok(matches!(said, Some(WorkspaceEvent::WorkspaceDeleted(_))))
    }

    /// The project of an offer to `workspace`, also of one that has ended.
    ///
    /// # Errors
    /// [`Refusal::NoTransfer`]: there is none, or it is an offer to somebody else.
    pub(crate) async fn offered_to(&self, workspace: WorkspaceId, transfer: TransferId) -> Result<ProjectId, Error> {
        store::find_offer(&self.pool, workspace, transfer).await?.ok_or(Error::Refused(Refusal::NoTransfer))
    }
}
