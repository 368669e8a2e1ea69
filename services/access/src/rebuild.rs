//! At start: the tables are brought to where the log is, by reading it. It makes up for a platform database that was lost, restored or
//! emptied, which the followers' positions, kept in the log, know nothing of.
//!
//! What is known of people, workspaces and projects is folded from the beginning; the audit log goes on from where it is known to be whole.

use std::collections::{BTreeMap, HashMap};

use contract::{Event, ProjectEvent, ProjectId, Recorded, Stream, UserId, WorkspaceEvent, WorkspaceId};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::audit::{Entry, KeyProjects};
use crate::command::{user_of, workspace_of};
use crate::error::Error;
use crate::handle::{OTHERS, filters, key_of};
use crate::ownership::Ownership;
use crate::person::Person;
use crate::said::Said;
use crate::workspace::Workspace;
use crate::{Access, store};

/// Rows of the audit log written at once.
const ENTRIES_MAX: usize = 1_000;

impl Access {
    /// Refuses another log, then brings every row forward that is behind.
    pub(crate) async fn rebuild(&self) -> Result<(), Error> {
        let streams = [Stream::Workspace, Stream::Project, Stream::Billing].into_iter().chain(OTHERS);
        for stream in streams.clone() {
            let created = self.journal.state(stream).await?.created;
            tables::refuse_other_log::<Error>(&self.pool, "access", stream.name(), created).await?;
        }
        self.rebuild_people().await?;
        self.rebuild_projects().await?;
        for stream in streams {
            self.rebuild_audit(stream).await?;
        }
        tracing::info!("the tables agree with the log");
        Ok(())
    }

    async fn rebuild_people(&self) -> Result<(), Error> {
        let mut people: HashMap<UserId, Person> = HashMap::new();
        let mut workspaces: HashMap<WorkspaceId, Workspace> = HashMap::new();
        workspaces.extend(Workspace::initial(WorkspaceId::INSTALLATION).map(|workspace| (workspace.id, workspace)));
        let mut uses = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Workspace, Range::ALL, Filter::subjects(filters(Stream::Workspace))));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            if let Some(user) = user_of(&recorded.subject) {
                let person = Person::fold(people.remove(&user), user, Said::of(&recorded, &WorkspaceEvent::read(&recorded)?));
                people.extend(person.map(|person| (user, person)));
            } else if let Some(id) = workspace_of(&recorded.subject) {
                let workspace = Workspace::fold(workspaces.remove(&id), id, Said::of(&recorded, &WorkspaceEvent::read(&recorded)?));
                workspaces.extend(workspace.map(|workspace| (id, workspace)));
            } else if let Some(key) = key_of(&recorded) {
                uses.insert(key, recorded);
            }
        }
        for (user, person) in &people {
            if store::people::reflected(&self.pool, *user).await? < person.version {
                tables::unless_refused(
                    store::people::save(&self.pool, Some(person)).await,
                    Error::is_outage,
                    |error| chassis::error_chain(error),
                    user,
                )?;
            }
        }
        for (id, workspace) in &workspaces {
            if store::workspaces::reflected(&self.pool, *id).await?.is_none_or(|reflected| reflected < workspace.version) {
                tables::unless_refused(
                    store::workspaces::save(&self.pool, Some(workspace)).await,
                    Error::is_outage,
                    |error| chassis::error_chain(error),
                    id,
                )?;
            }
        }
        for (key, recorded) in uses {
            self.note_use(key, &recorded).await?;
        }
        Ok(())
    }

    async fn rebuild_projects(&self) -> Result<(), Error> {
        let mut projects: HashMap<ProjectId, (Ownership, u64)> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Project, Range::ALL, Filter::subjects(filters(Stream::Project))));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(id) = recorded.subject.project_id() else { continue };
            let project = projects.entry(id).or_default();
            *project = (project.0.fold(&ProjectEvent::read(&recorded)?), recorded.sequence);
        }
        for (id, (ownership, sequence)) in projects {
            if store::projects::find(&self.pool, id).await?.1 < sequence {
                store::projects::save(&self.pool, id, ownership, sequence).await?;
            }
        }
        Ok(())
    }

    async fn rebuild_audit(&self, stream: Stream) -> Result<(), Error> {
        let through = self.journal.state(stream).await?.last;
        let from = store::log::audited(&self.pool, stream).await? + 1;
        if from > through {
            return Ok(());
        }
        let range = Range { from, through: Some(through) };
        let mut events = std::pin::pin!(self.journal.replay(stream, range, Filter::subjects(filters(stream))));
        let (mut entries, mut known) = (Vec::new(), KeyProjects::new());
        while let Some(recorded) = events.next().await {
            let recorded: Recorded = recorded?;
            entries.extend(self.entry(&recorded, &mut known).await?);
            if entries.len() >= ENTRIES_MAX {
                self.keep_by_project(std::mem::take(&mut entries)).await?;
            }
        }
        self.keep_by_project(entries).await?;
        store::log::set_audited(&self.pool, stream, through).await
    }

    async fn keep_by_project(&self, entries: Vec<Entry>) -> Result<(), Error> {
        let mut by_project: BTreeMap<Option<ProjectId>, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            by_project.entry(entry.project).or_default().push(entry);
        }
        for (project, entries) in by_project {
            store::audit::insert(&self.pool, project, &entries).await?;
        }
        Ok(())
    }
}
