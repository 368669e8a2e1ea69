//! Which projects there are, by the log.

use contract::{Event, OperationKind, ProjectEvent, ProjectId, Stream};
use futures::TryStreamExt;
use journal::{Filter, Range};

use crate::Error;
use crate::filter::FilterArgs;
use crate::servers::Servers;

/// A project, as far as this tool needs to know it.
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    /// Its database exists.
    pub(crate) ready: bool,
}

/// Those asked for, in the order of their creation. One that was named and that the log does not know is an error.
pub(crate) async fn projects(servers: &Servers, filter: &FilterArgs) -> Result<Vec<Project>, Error> {
    let mut projects: Vec<Project> = Vec::new();
    let mut deleted: Vec<ProjectId> = Vec::new();
    let mut events = std::pin::pin!(servers.journal.replay(Stream::Project, Range::ALL, Filter::all()));
    while let Some(event) = events.try_next().await? {
        let Some(id) = event.subject.project_id().filter(|id| filter.wants_project(*id)) else { continue };
        let fact = ProjectEvent::decode(&event).map_err(|source| projections::Error::Event { sequence: event.sequence, source })?;
        match fact {
            ProjectEvent::ProjectCreated(_) if !projects.iter().any(|project| project.id == id) => {
                projects.push(Project { id, ready: false })
            }
            ProjectEvent::ProjectReady(_) => {
                projects.iter_mut().filter(|project| project.id == id).for_each(|project| project.ready = true)
            }
            // Its tables go, or are gone.
            ProjectEvent::OperationStarted(started) if started.kind == OperationKind::DeleteProject => {
                projects.retain(|project| project.id != id);
                deleted.push(id);
            }
            // All that is left of it.
            ProjectEvent::ProjectErased(_) => deleted.push(id),
            ProjectEvent::ProjectCreated(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::NumberConnected(_)
            | ProjectEvent::NumberDisconnected(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
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
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => {}
        }
    }
    match filter.project.iter().find(|wanted| !projects.iter().any(|project| project.id == **wanted)) {
        Some(gone) if deleted.contains(gone) => {
            Err(Error::NotFound(format!("project {gone} was deleted: what the log held of it goes, or is gone")))
        }
        Some(unknown) => Err(Error::NotFound(format!("the log knows no project {unknown}"))),
        None => Ok(projects),
    }
}

/// Those of them that have tables.
pub(crate) async fn with_tables(servers: &Servers, filter: &FilterArgs) -> Result<Vec<ProjectId>, Error> {
    let projects = projects(servers, filter).await?;
    // One that was named is looked at even if it is not said to be ready.
    Ok(projects.into_iter().filter(|project| project.ready || !filter.project.is_empty()).map(|project| project.id).collect())
}
