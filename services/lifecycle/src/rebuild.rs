//! At start: the tables are brought to where the log is, by reading it whole. It makes up for a platform database that was
//! lost, restored or emptied, which the follower's position, kept in the log, knows nothing of. Both streams are small: a few events a
//! project. Reactions are the follower's alone.

use std::collections::{HashMap, HashSet};

use contract::{DatabaseEvent, Event, ProjectErased, ProjectEvent, ProjectId, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::Lifecycle;
use crate::error::Error;
use crate::project::Project;
use crate::project::fold::At;
use crate::project::provisioning::Provisioning;
use crate::store::{self, Erased, Reflected};

impl Lifecycle {
    /// Refuses another log, then brings every row forward that is behind.
    pub(crate) async fn rebuild(&self) -> Result<(), Error> {
        for stream in [Stream::Project, Stream::Database] {
            let created = self.journal.state(stream).await?.created;
            tables::refuse_other_log::<Error>(&self.pool, "lifecycle", stream.name(), created).await?;
        }
        let known = store::reflected(&self.pool).await?;
        let projects = self.rebuild_projects(&known).await?;
        let databases = self.rebuild_databases(&known).await?;
        tracing::info!(projects, databases, "the tables agree with the log");
        Ok(())
    }

    async fn rebuild_projects(&self, known: &HashMap<ProjectId, Reflected>) -> Result<usize, Error> {
        let mut projects: HashMap<ProjectId, Project> = HashMap::new();
        // And whether more than that is left of them: who erased them was stopped.
        let mut gone: Vec<(Erased, bool)> = Vec::new();
        let mut seen: HashSet<ProjectId> = HashSet::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Project, Range::ALL, Filter::subjects(["project.*"])));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(id) = recorded.subject.project_id() else { continue };
            let event = ProjectEvent::read(&recorded)?;
            let first = seen.insert(id);
            if let ProjectEvent::ProjectErased(ProjectErased { operation, .. }) = event {
                let erased = Erased { project: id, operation, sequence: recorded.sequence, at: recorded.time };
                gone.push((erased, !first));
            }
            let project = Project::fold(projects.remove(&id), id, At { event: &event, sequence: recorded.sequence, time: recorded.time });
            projects.extend(project.map(|project| (id, project)));
        }
        for (erased, more) in &gone {
            match more {
                true => self.leave_nothing_but(erased).await?,
                false => store::erase_project(&self.pool, erased).await?,
            }
        }
        for project in projects.values().filter(|project| known.get(&project.id).is_none_or(|row| row.project < project.version)) {
            tables::unless_refused(
                store::save_project(&self.pool, project).await,
                Error::is_outage,
                |error| chassis::error_chain(error),
                project.id,
            )?;
        }
        Ok(projects.len())
    }

    async fn rebuild_databases(&self, known: &HashMap<ProjectId, Reflected>) -> Result<usize, Error> {
        let mut databases: HashMap<ProjectId, Provisioning> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Database, Range::ALL, Filter::all()));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(id) = recorded.subject.project_id() else { continue };
            let so_far = databases.remove(&id).unwrap_or_else(|| Provisioning::none(id));
            databases.insert(id, so_far.fold(recorded.sequence, recorded.time, &DatabaseEvent::read(&recorded)?));
        }
        for provisioning in databases.values().filter(|one| known.get(&one.project).is_none_or(|row| row.database < one.sequence)) {
            tables::unless_refused(
                store::save_provisioning(&self.pool, provisioning).await,
                Error::is_outage,
                |error| chassis::error_chain(error),
                provisioning.project,
            )?;
        }
        Ok(databases.len())
    }
}
