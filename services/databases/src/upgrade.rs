//! At start: databases whose system tables are of an older version are brought to the current one.
//!
//! One that refuses is left as it is and named in the log for an operator; it does not keep the others from theirs, nor the service from running.

use std::collections::HashMap;

use contract::{ProjectId, Recorded};
use journal::AppendError;

use crate::Databases;
use crate::error::Error;
use crate::progress::{Progress, Task};

impl Databases {
    /// `databases`: [`Databases::progress_of_all`].
    pub(crate) async fn upgrade_all(&self, databases: HashMap<ProjectId, (Progress, Recorded)>) {
        for (project, (progress, last)) in databases {
            if progress.task(self.schema_version) == Task::Upgrade
                && let Err(error) = self.upgrade(project, &last).await
            {
                tracing::error!(
                    project.id = %project,
                    error = chassis::error_chain(&error),
                    "the system tables of a project stay at an older version"
                );
            }
        }
    }

    /// Once more where a rotation was said meanwhile, of the same database: that waits for nobody who is at it.
    async fn upgrade(&self, project: ProjectId, last: &Recorded) -> Result<(), Error> {
        match self.ensure(project, last).await {
            Err(Error::Append(AppendError::Conflict { .. })) => self.ensure(project, last).await,
            upgraded => upgraded,
        }
    }
}
