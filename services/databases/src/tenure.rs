//! Who owns a project, and by which transfer they got it. The bot's password is derived from the transfer too, so a password that the
//! former owner noted no longer works.

use contract::{Event, ProjectEvent, ProjectId, ProjectTransferred, Subject, TransferId, Whose, WorkspaceId};

use crate::Databases;
use crate::error::Error;

/// What the log says of a project's owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tenure {
    /// None: the project does not exist, or not any more.
    pub(crate) owner: Option<WorkspaceId>,
    /// By which transfer they have it; none: it was created there.
    pub(crate) transfer: Option<TransferId>,
    /// The sequence of the last event that was read; 0: none.
    pub(crate) sequence: u64,
}

impl Tenure {
    /// Applies one event of `project.<prj>`.
    pub(crate) fn fold(self, sequence: u64, event: &ProjectEvent) -> Self {
        if let ProjectEvent::ProjectTransferred(transferred) = event {
            return Self::given(sequence, transferred);
        }
        let owner = match event.whose() {
            Some(Whose::Is(workspace)) => Some(workspace),
            Some(Whose::Nobodys) => None,
            None => self.owner,
        };
        Self { owner, sequence, ..self }
    }

    /// As it is from a transfer on, whatever was before it.
    pub(crate) fn given(sequence: u64, transferred: &ProjectTransferred) -> Self {
        Self { owner: Some(transferred.to), transfer: Some(transferred.transfer), sequence }
    }

    /// The one of two that knows more.
    pub(crate) fn later(self, other: Self) -> Self {
        if other.sequence > self.sequence { other } else { self }
    }
}

impl Databases {
    /// Whose `project` is.
    pub(crate) async fn tenure(&self, project: ProjectId) -> Result<Tenure, Error> {
        let mut tenure = Tenure::default();
        for recorded in self.journal.entity(&Subject::project(project)).await? {
            tenure = tenure.fold(recorded.sequence, &ProjectEvent::read(&recorded)?);
        }
        Ok(tenure)
    }
}

#[cfg(test)]
mod tests {
    use contract::{ProjectCreated, ProjectErased, ProjectReady};

    use super::*;

    #[test]
    fn the_last_transfer_counts_and_knowing_more_counts_more() {
        let workspace = |n| format!("wsp_0000000000000000000000000{n}").parse().unwrap();
        let transfer = |n| format!("trf_0000000000000000000000000{n}").parse().unwrap();
        let (one, two): (WorkspaceId, WorkspaceId) = (workspace(1), workspace(2));
        let to = |n, from, to| ProjectTransferred { transfer: transfer(n), from, to };
        let created = ProjectCreated { name: "P".into(), conversation_idle_seconds: None, workspace: one };
        let tenure = Tenure::default().fold(3, &created.into()).fold(4, &ProjectReady {}.into());
        assert_eq!(tenure, Tenure { owner: Some(one), transfer: None, sequence: 4 });
        let given = tenure.fold(7, &to(1, one, two).into());
        assert_eq!(given, Tenure { owner: Some(two), transfer: Some(transfer(1)), sequence: 7 });
        assert_eq!((given.later(tenure), tenure.later(given)), (given, given));
        let back = given.fold(9, &to(2, two, one).into());
        assert_eq!((back.owner, back.transfer), (Some(one), Some(transfer(2))), "its first password does not come back with it");
        let erased = ProjectErased { operation: "op_01JD3X8K2M4N5P6Q7R8S9T0V1W".parse().unwrap(), left: None };
        assert_eq!(back.fold(11, &erased.into()).owner, None);
    }
}
