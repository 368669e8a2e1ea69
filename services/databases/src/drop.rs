//! A project is being deleted: its database goes, and that is reported. Whether the project may be deleted was lifecycle's to decide.

use contract::{DatabaseDropped, OperationId, OperationKind, ProjectId, Recorded};
use projects::operation_kind;

use crate::Databases;
use crate::error::Error;
use crate::provision::Provision;

impl Databases {
    /// Drops the database of `project` and its roles, and says so; nothing, if that is done.
    ///
    /// # Errors
    /// [`Error::Server`] when the server refuses or is down; it can be repeated.
    pub async fn drop_database(&self, project: ProjectId, operation: OperationId, cause: &Recorded) -> Result<(), Error> {
        self.drop_what_is_left(project).await?;
        let progress = self.progress(project).await?;
        if !progress.dropped {
            self.say(project, progress.sequence, DatabaseDropped { operation }, cause).await?;
            tracing::info!(project.id = %project, "the database of a project is gone");
        }
        Ok(())
    }

    /// Drops the database of `project` and its roles, and writes no event. It is also done after the project's end: a process that was
    /// killed while it caught up may have made them again, and the events that would tell are gone.
    ///
    /// # Errors
    /// [`Error::Server`] when the server refuses or is down; it can be repeated.
    pub(crate) async fn drop_what_is_left(&self, project: ProjectId) -> Result<(), Error> {
        let mut provision = Provision::begin(&self.server, project).await?;
        let dropped = provision.drop_database().await;
        provision.end().await;
        Ok(dropped?)
    }

    /// An operation goes on after it had failed: what it asked of us is done again, if it asked for anything.
    ///
    /// # Errors
    /// As [`Databases::drop_database`] and [`Databases::ensure`].
    pub(crate) async fn retry(&self, project: ProjectId, operation: OperationId, cause: &Recorded) -> Result<(), Error> {
        match operation_kind::<Error>(&self.journal, project, operation).await? {
            Some(OperationKind::CreateProject) => self.ensure_again(project, cause).await,
            Some(OperationKind::DeleteProject) => self.drop_database(project, operation, cause).await,
            Some(OperationKind::ConnectNumber | OperationKind::DisconnectNumber | OperationKind::ResetProject) | None => Ok(()),
        }
    }
}
