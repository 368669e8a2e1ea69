//! A project begins: so does its trial. It goes: nothing is charged any more, and in the end nothing of it is left here.

use chrono::{DateTime, Utc};
use contract::{Event, OperationKind, ProjectEvent, ProjectId, Recorded, Subject};
use journal::{Handled, Handler, project_of};

use super::stop;
use crate::command::Origin;
use crate::decide::Command;
use crate::error::Error;
use crate::{Billing, store};

/// Follows `project`.
pub(crate) struct OnProject(pub(crate) Billing);

impl Handler for OnProject {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(
            events.iter().map(|recorded| async move { self.on(project_of(key)?, recorded).await.map_err(|error| stop(&error)) }),
        )
        .await
    }
}

impl OnProject {
    async fn on(&self, project: ProjectId, recorded: &Recorded) -> Result<(), Error> {
        match ProjectEvent::read(recorded)? {
            ProjectEvent::ProjectCreated(_) => self.start_trial(project, recorded.time, recorded).await,
            // The trial began with the project, however late we are; after it has begun this changes nothing.
            ProjectEvent::OperationRetried(_) => match self.created_at(project).await? {
                Some(created_at) => self.start_trial(project, created_at, recorded).await,
                None => Ok(()),
            },
            ProjectEvent::OperationStarted(started) => match started.kind {
                OperationKind::DeleteProject => self.close(project, started.operation, recorded).await,
                OperationKind::CreateProject
                | OperationKind::ConnectNumber
                | OperationKind::DisconnectNumber
                | OperationKind::ResetProject => Ok(()),
            },
            ProjectEvent::ProjectErased(_) => {
                store::erase(&self.0.pool, project).await?;
                self.0.accounts.forget(project);
                Ok(())
            }
            // Billing stays with a project that changes its owner.
            ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberOffered(_)
            | ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => Ok(()),
        }
    }

    async fn start_trial(&self, project: ProjectId, created_at: DateTime<Utc>, cause: &Recorded) -> Result<(), Error> {
        let (_, erased) = store::closed(&self.0.pool, project).await?;
        if erased {
            return Ok(());
        }
        self.0.command(project, &Command::StartTrial { created_at }, Origin::Event(cause)).await.map(drop)
    }

    /// A second delivery may come when the project's events are purged already: then only the table remembers, and nothing may be said
    /// again on a subject that is to stay empty.
    async fn close(&self, project: ProjectId, operation: contract::OperationId, cause: &Recorded) -> Result<(), Error> {
        let (closed, erased) = store::closed(&self.0.pool, project).await?;
        if erased || closed == Some(operation) {
            return Ok(());
        }
        self.0.command(project, &Command::Close { operation }, Origin::Event(cause)).await.map(drop)
    }

    async fn created_at(&self, project: ProjectId) -> Result<Option<DateTime<Utc>>, Error> {
        let events = self.0.journal.entity(&Subject::project(project)).await?;
        for recorded in &events {
            if matches!(ProjectEvent::read(recorded)?, ProjectEvent::ProjectCreated(_)) {
                return Ok(Some(recorded.time));
            }
        }
        Ok(None)
    }
}
