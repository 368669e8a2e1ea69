//! At start: the tables are brought to where the log is, by reading it whole. It makes up for a platform database that was
//! lost, restored or emptied, which the follower's position, kept in the log, knows nothing of. Both streams are small: a few events a
//! project. Reactions are the follower's alone.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, Utc};
use contract::{ProjectId, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::command::decode;
use crate::error::Error;
use crate::handle::decode_database;
use crate::project::Project;
use crate::provisioning::Provisioning;
use crate::{Lifecycle, store};

/// What Postgres keeps of a time: microseconds.
const POSTGRES_TIME_DIGITS: u16 = 6;

impl Lifecycle {
    /// Refuses another log, then brings every row forward that is behind.
    pub(crate) async fn rebuild(&self) -> Result<(), Error> {
        for stream in [Stream::Project, Stream::Database] {
            self.check_identity(stream).await?;
        }
        let known = store::sequences(&self.pool).await?;
        let mut projects: HashMap<ProjectId, Project> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Project, Range::ALL, Filter::subjects(["project.*"])));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(id) = recorded.subject.project_id() else { continue };
            let project = Project::fold(projects.remove(&id), id, recorded.sequence, recorded.time, &decode(&recorded)?);
            projects.extend(project.map(|project| (id, project)));
        }
        for project in projects.values().filter(|project| known.get(&project.id).is_none_or(|(at, _)| *at < project.version)) {
            store::save_project(&self.pool, project).await?;
        }
        let mut databases: HashMap<ProjectId, Provisioning> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Database, Range::ALL, Filter::all()));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(id) = recorded.subject.project_id() else { continue };
            let so_far = databases.remove(&id).unwrap_or_else(|| Provisioning::none(id));
            databases.insert(id, so_far.fold(recorded.sequence, recorded.time, &decode_database(&recorded)?));
        }
        for provisioning in databases.values().filter(|one| known.get(&one.project).is_none_or(|(_, at)| *at < one.sequence)) {
            store::save_provisioning(&self.pool, provisioning).await?;
        }
        tracing::info!(projects = projects.len(), databases = databases.len(), "the tables agree with the log");
        Ok(())
    }

    async fn check_identity(&self, stream: Stream) -> Result<(), Error> {
        let found: DateTime<Utc> = self.journal.state(stream).await?.created.trunc_subsecs(POSTGRES_TIME_DIGITS);
        let known = store::log_identity(&self.pool, stream, found).await?;
        if known == found { Ok(()) } else { Err(Error::OtherLog { stream, known, found }) }
    }
}
