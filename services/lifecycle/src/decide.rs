//! The rules of a project's life, pure: what is so and what is asked → what happens, or why not.
//!
//! No rule here depends on time yet; the time of an event is put on its envelope where it is appended.

use contract::{
    NumberClaimed, NumberDisconnected, NumberReleased, ProjectCreated, ProjectEvent, ProjectFailed, ProjectId, ProjectReady, Subject,
    WorkspaceId,
};

use crate::name::ProjectName;
use crate::number::{MetaId, Number};
use crate::project::{Project, Status};

/// What is so, as far as the command needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// The project, if it exists.
    pub project: Option<Project>,
    /// Who holds the number that the command names.
    pub number_holder: Option<ProjectId>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// A new project. Asked again with the same content it changes nothing.
    Create {
        /// Its name.
        name: ProjectName,
        /// See [`Project::conversation_idle_seconds`].
        conversation_idle_seconds: Option<u32>,
    },
    /// The project answers to this number from now on, and to no other.
    ConnectNumber(Number),
    /// The project answers to no number.
    DisconnectNumber,
    /// Its database is ready.
    MarkReady,
    /// Its database cannot be made.
    MarkFailed {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
}

/// Why a command changes nothing, although it asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such project.
    #[error("there is no such project")]
    NoProject,
    /// A project of this id exists and was created with other content.
    #[error("the project exists with other content")]
    OtherContent,
    /// The number belongs to another project.
    #[error("the number is connected to another project")]
    NumberTaken,
    /// The project never became usable.
    #[error("provisioning of the project has failed")]
    ProjectFailed,
}

/// What happens, and to which entity. All of one decision is appended together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    /// The entity.
    pub subject: Subject,
    /// What happens to it.
    pub event: ProjectEvent,
}

/// Decides about `command` on project `id`. No facts: it is so already.
pub(crate) fn decide(state: &State, id: ProjectId, command: &Command) -> Result<Vec<Fact>, Refusal> {
    let on_project = |event: ProjectEvent| Fact { subject: Subject::project(id), event };
    if let Command::Create { name, conversation_idle_seconds } = command {
        let created = ProjectCreated {
            name: name.as_str().to_owned(),
            conversation_idle_seconds: *conversation_idle_seconds,
            workspace: WorkspaceId::INSTALLATION,
        };
        return match &state.project {
            None => Ok(vec![on_project(created.into())]),
            Some(is) if is.name == created.name && is.conversation_idle_seconds == created.conversation_idle_seconds => Ok(Vec::new()),
            Some(_) => Err(Refusal::OtherContent),
        };
    }
    let project = state.project.as_ref().ok_or(Refusal::NoProject)?;
    match command {
        Command::Create { .. } => Ok(Vec::new()),
        Command::ConnectNumber(number) => connect(project, state.number_holder, number),
        Command::DisconnectNumber => Ok(project.number.as_ref().map_or_else(Vec::new, |number| disconnect(project, &number.id))),
        // A database that was given up and then mended makes its project ready after all.
        Command::MarkReady if project.status == Status::Ready => Ok(Vec::new()),
        Command::MarkReady => Ok(vec![on_project(ProjectReady {}.into())]),
        Command::MarkFailed { .. } if project.status != Status::Provisioning => Ok(Vec::new()),
        Command::MarkFailed { step, reason } => Ok(vec![on_project(ProjectFailed { step: step.clone(), reason: reason.clone() }.into())]),
    }
}

fn connect(project: &Project, holder: Option<ProjectId>, number: &Number) -> Result<Vec<Fact>, Refusal> {
    if holder.is_some_and(|holder| holder != project.id) {
        return Err(Refusal::NumberTaken);
    }
    if matches!(project.status, Status::Failed { .. }) {
        return Err(Refusal::ProjectFailed);
    }
    if project.number.as_ref() == Some(number) {
        return Ok(Vec::new());
    }
    let connected = Fact { subject: Subject::project(project.id), event: number.connected().into() };
    // Only what Meta says about the number is new.
    if project.number.as_ref().is_some_and(|old| old.id == number.id) {
        return Ok(vec![connected]);
    }
    let mut facts = project.number.as_ref().map_or_else(Vec::new, |old| disconnect(project, &old.id));
    facts.push(connected);
    facts.push(Fact { subject: number.id.claim(), event: NumberClaimed { project: project.id }.into() });
    Ok(facts)
}

fn disconnect(project: &Project, number: &MetaId) -> Vec<Fact> {
    vec![
        Fact { subject: Subject::project(project.id), event: NumberDisconnected { phone_number_id: number.as_str().to_owned() }.into() },
        Fact { subject: number.claim(), event: NumberReleased { project: project.id }.into() },
    ]
}

#[cfg(test)]
mod tests;
