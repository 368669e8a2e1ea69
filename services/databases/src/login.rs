//! Keeps the password of a bot's database role as the log says. When a project gets another owner, or somebody asks for a rotation, the
//! password changes, and sessions that logged in with the old one are ended.
//!
//! At start, the same is done for every role whose password is not the one that is shown to its owner. That happens when the project was
//! given away before passwords depended on transfers, when a process was killed before it had told the server, when the server was restored
//! from a backup, or when the master key was changed.

use std::collections::HashMap;

use contract::{Event, ProjectEvent, ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::Databases;
use crate::error::Error;
use crate::names::Names;
use crate::password::{Generation, bot_mark};
use crate::progress::{Progress, Rotation};
use crate::provision::{Provision, bot_marks};
use crate::tenure::Tenure;

/// What is known of a bot's login.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    /// Whose the project is.
    pub(crate) tenure: Tenure,
    /// The last time that another password was asked for.
    pub(crate) rotation: Option<Rotation>,
}

impl Known {
    /// Of either part the one of two that knows more.
    pub(crate) fn later(self, other: Self) -> Self {
        Self { tenure: self.tenure.later(other.tenure), rotation: self.rotation.max(other.rotation) }
    }

    /// What the password follows from.
    pub(crate) fn generation(self) -> Generation {
        Generation { transfer: self.tenure.transfer, rotation: self.rotation.map(|rotation| rotation.event) }
    }
}

impl Databases {
    /// Brings the bot's login to what the log says of owner and rotations, or `known`, if that is more. Nothing, if that is done.
    ///
    /// # Errors
    /// [`Error::Server`] when the server refuses or is down; it can be repeated.
    pub(crate) async fn renew_login(&self, project: ProjectId, known: Known) -> Result<(), Error> {
        let mut provision = Provision::begin(&self.server, project).await?;
        // Read under the lock: who comes later knows more, and nobody takes a newer password back.
        let read = Known { tenure: self.tenure(project).await?, rotation: self.progress(project).await?.rotation() };
        let done = provision.renew_login(read.later(known).generation()).await;
        provision.end().await;
        Ok(done?)
    }

    /// One that refuses is named in the log for an operator; it does not keep the others from theirs, nor the service from running.
    ///
    /// `databases`: [`Databases::progress_of_all`].
    pub(crate) async fn renew_all_logins(&self, databases: &HashMap<ProjectId, (Progress, Recorded)>) -> Result<(), Error> {
        let mut tenures: HashMap<ProjectId, Tenure> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Project, Range::ALL, Filter::subjects(["project.*"])));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(project) = recorded.subject.project_id() else { continue };
            let tenure = tenures.entry(project).or_default();
            match ProjectEvent::read(&recorded) {
                Ok(event) => *tenure = tenure.fold(recorded.sequence, &event),
                Err(error) => {
                    tracing::error!(project.id = %project, error = chassis::error_chain(&error), "event is not readable, passed over")
                }
            }
        }
        let marks = bot_marks(&self.server).await?;
        for (project, tenure) in tenures {
            let known = Known { tenure, rotation: databases.get(&project).and_then(|(progress, _)| progress.rotation()) };
            let wanted = bot_mark(&self.server.key, project, known.generation());
            let other = marks.get(Names::of(project).bot.as_str()).is_some_and(|mark| mark.as_ref() != Some(&wanted));
            if tenure.owner.is_some()
                && other
                && let Err(error) = self.renew_login(project, known).await
            {
                tracing::error!(
                    project.id = %project,
                    error = chassis::error_chain(&error),
                    "the login of a project's bot stays as it was before"
                );
            }
        }
        Ok(())
    }
}
