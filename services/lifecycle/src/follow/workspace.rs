//! The end of workspaces. One that is deleted owns no projects, but it may accept one at that very moment: two streams have no common order, so
//! neither service can keep that from happening. Whoever of two followers comes later sees both, this one or the one of `project`: the project
//! goes back to whoever offered it.

use contract::{Event, ProjectId, Recorded, TransferId, WorkspaceEvent, WorkspaceId};
use journal::{Handled, Handler};

use super::stop;
use crate::decide::Command;
use crate::error::Error;
use crate::origin::Origin;
use crate::{Lifecycle, store};

/// Follows `workspace`.
pub(super) struct OnWorkspace(pub(super) Lifecycle);

impl Handler for OnWorkspace {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.0.workspace_event(recorded).await.map_err(stop) })).await
    }
}

impl Lifecycle {
    async fn workspace_event(&self, recorded: &Recorded) -> Result<(), Error> {
        let WorkspaceEvent::WorkspaceDeleted(_) = WorkspaceEvent::read(recorded)? else { return Ok(()) };
        let Some(gone) = recorded.subject.token(1).and_then(|id| id.parse().ok()) else { return Ok(()) };
        for id in store::accepted_by(&self.pool, gone).await? {
            self.give_back(id, gone, recorded).await?;
        }
        Ok(())
    }

    /// Takes project `id` from a workspace that is gone, if it accepted it.
    pub(super) async fn give_back(&self, id: ProjectId, gone: WorkspaceId, cause: &Recorded) -> Result<(), Error> {
        let command = Command::ReturnTransfer { transfer: TransferId::from_ulid(self.ids.ulid()), gone };
        self.carry_out(id, &command, None, &Origin::Event(cause)).await.map(drop)
    }
}
