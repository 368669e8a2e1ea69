//! At start: databases whose system tables are of an older version are brought to the current one.
//!
//! One that refuses is left as it is and named in the log for an operator; it does not keep the others from theirs, nor the service from running.

use std::collections::HashMap;

use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::Databases;
use crate::ensure::decode;
use crate::error::Error;
use crate::progress::{Progress, Task};

impl Databases {
    pub(crate) async fn upgrade_all(&self) -> Result<(), Error> {
        let mut all: HashMap<ProjectId, (Progress, Recorded)> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Database, Range::ALL, Filter::all()));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(project) = recorded.subject.project_id() else { continue };
            let so_far = all.remove(&project).map(|(progress, _)| progress).unwrap_or_default();
            all.insert(project, (so_far.fold(recorded.sequence, decode(&recorded)?), recorded));
        }
        for (project, (progress, last)) in all {
            if progress.task(self.schema_version) == Task::Upgrade
                && let Err(error) = self.ensure(project, &last).await
            {
                tracing::error!(project.id = %project, error = error.chain(), "the system tables of a project stay at an older version");
            }
        }
        Ok(())
    }
}
