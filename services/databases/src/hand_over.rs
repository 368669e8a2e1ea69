//! A project has another owner: its bot's password is another from then on, and whoever is logged in with the one before is thrown out.
//!
//! At start the same is made good for every bot whose role has another password than the one that is shown: it was given away before passwords
//! followed from transfers, the server was restored from yesterday, or the master key is another.

use std::collections::HashMap;

use contract::{ProjectId, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::Databases;
use crate::error::Error;
use crate::handle::decode_project;
use crate::names::Names;
use crate::password::bot_mark;
use crate::provision::{Provision, bot_marks};
use crate::tenure::Tenure;

impl Databases {
    /// Brings the bot's login to what the log says of the owner, or `known`, if that is more. Nothing, if that is done.
    ///
    /// # Errors
    /// [`Error::Server`] when the server refuses or is down; it can be repeated.
    pub(crate) async fn hand_over(&self, project: ProjectId, known: Tenure) -> Result<(), Error> {
        let mut provision = Provision::begin(&self.server, project).await?;
        // Read under the lock: who comes later knows more, and nobody takes a newer password back.
        let tenure = self.tenure(project).await?.later(known);
        let done = provision.hand_over(tenure.transfer).await;
        provision.end().await;
        Ok(done?)
    }

    /// One that refuses is named in the log for an operator; it does not keep the others from theirs, nor the service from running.
    pub(crate) async fn hand_over_all(&self) -> Result<(), Error> {
        let mut tenures: HashMap<ProjectId, Tenure> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Project, Range::ALL, Filter::subjects(["project.*"])));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(project) = recorded.subject.project_id() else { continue };
            let tenure = tenures.entry(project).or_default();
            match decode_project(&recorded) {
                Ok(event) => *tenure = tenure.fold(recorded.sequence, &event),
                Err(error) => tracing::error!(project.id = %project, error = error.chain(), "event is not readable, passed over"),
            }
        }
        let marks = bot_marks(&self.server).await?;
        for (project, tenure) in tenures {
            let wanted = bot_mark(&self.server.key, project, tenure.transfer);
            let other = marks.get(Names::of(project).bot.as_str()).is_some_and(|mark| mark.as_ref() != Some(&wanted));
            if tenure.owner.is_some()
                && other
                && let Err(error) = self.hand_over(project, tenure).await
            {
                tracing::error!(project.id = %project, error = error.chain(), "the login of a project's bot stays as it was before");
            }
        }
        Ok(())
    }
}
