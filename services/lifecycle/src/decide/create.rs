//! A new project.

use chrono::{DateTime, Utc};
use contract::{DataKeyCreated, OperationKind, ProjectCreated, ProjectId, Subject, WorkspaceId};

use super::operate::started;
use super::{Fact, Refusal, State, on};
use crate::project::name::ProjectName;
use crate::project::{Asked, Project};

pub(super) fn asked(name: &ProjectName, conversation_idle_seconds: Option<u32>, workspace: WorkspaceId) -> Asked {
    Asked { name: name.as_str().to_owned(), conversation_idle_seconds, workspace }
}

/// The project, what makes it, and its key come into the log together.
pub(super) fn create(state: &State, id: ProjectId, asked: Asked, wrapped_key: &str, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    match &state.project {
        Some(is) if is.asked != asked => return Err(Refusal::OtherContent),
        // What has become of it is its new owner's to know.
        Some(is) if is.workspace != asked.workspace => return Err(Refusal::GivenAway),
        Some(_) => return Ok(Vec::new()),
        None if state.erased => return Err(Refusal::Erased),
        None => {}
    }
    let Asked { name, conversation_idle_seconds, workspace } = asked;
    Ok(vec![
        on(id, ProjectCreated { name, conversation_idle_seconds, workspace }),
        on(id, started(Project::making(id), OperationKind::CreateProject, now)),
        data_key(id, wrapped_key),
    ])
}

/// The key of what is sealed of a project, wrapped by the master key.
pub(super) fn data_key(project: ProjectId, wrapped: &str) -> Fact {
    Fact { subject: Subject::data_key(project), event: DataKeyCreated { wrapped: wrapped.to_owned() }.into() }
}
