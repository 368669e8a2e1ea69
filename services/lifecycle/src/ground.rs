//! What a decision is based on: the state, as it was read from the log, and the sequence of every subject that was read. The events that
//! are decided are appended under these sequences.

use contract::{Context, Event, ProjectEvent, ProjectId, Subject};
use journal::Expect;

use crate::Lifecycle;
use crate::decide::{Refusal, State, allowance};
use crate::error::Error;
use crate::number::MetaId;
use crate::project::Project;
use crate::project::fold::At;

/// See the module.
pub(crate) struct Ground {
    /// What is so.
    pub(crate) state: State,
    /// From where the operation came that runs, or ran last.
    pub(crate) asked: Option<Context>,
    sequences: Vec<(Subject, u64)>,
}

impl Ground {
    /// What a subject must hold for the decision to stand. One that was not read must be new.
    pub(crate) fn expect(&self, subject: &Subject) -> Expect {
        match self.sequences.iter().find(|(of, _)| of == subject) {
            Some((_, 0)) | None => Expect::New,
            Some((_, sequence)) => Expect::At(*sequence),
        }
    }
}

impl Lifecycle {
    /// Reads project `id`, the claim of its number, and that of the number `claims`.
    ///
    /// # Errors
    /// [`Error::Log`], [`Error::Decode`].
    pub(crate) async fn ground(&self, id: ProjectId, claims: Option<&MetaId>) -> Result<Ground, Error> {
        let subject = Subject::project(id);
        let mut ground = Ground { state: State::default(), asked: None, sequences: Vec::new() };
        let mut last = 0;
        for recorded in self.journal.entity(&subject).await? {
            last = recorded.sequence;
            ground.state.events += 1;
            let event = ProjectEvent::read(&recorded)?;
            ground.state.erased = matches!(event, ProjectEvent::ProjectErased(_));
            if matches!(event, ProjectEvent::OperationStarted(_)) {
                ground.asked = Some(recorded.context);
            }
            let project = ground.state.project.take();
            ground.state.project = Project::fold(project, id, At { event: &event, sequence: last, time: recorded.time });
        }
        ground.sequences.push((subject, last));
        let old = ground.state.project.as_ref().and_then(|project| project.number.as_ref()).map(|number| number.id.clone());
        if let Some(new) = claims {
            ground.state.number_holder = self.claim(new, &mut ground.sequences).await?;
        }
        if let Some(old) = old.filter(|old| Some(old) != claims) {
            self.claim(&old, &mut ground.sequences).await?;
        }
        Ok(ground)
    }

    /// Project `id`, of which somebody asks what Meta is told before it is decided on.
    ///
    /// # Errors
    /// [`Refusal::NoProject`], [`Refusal::TooOften`]; as [`Self::ground`].
    pub(crate) async fn with_room(&self, id: ProjectId) -> Result<Project, Error> {
        let State { project, events, .. } = self.ground(id, None).await?.state;
        let project = project.ok_or(Refusal::NoProject)?;
        allowance::room(events, &project, self.clock.now())?;
        Ok(project)
    }

    /// Who holds `number`. Nobody says anything else on its subject than that it is claimed and that it is released.
    async fn claim(&self, number: &MetaId, sequences: &mut Vec<(Subject, u64)>) -> Result<Option<ProjectId>, Error> {
        let subject = number.claim();
        let last = self.journal.last(&subject).await?;
        sequences.push((subject, last.as_ref().map_or(0, |recorded| recorded.sequence)));
        let said = last.as_ref().map(ProjectEvent::read).transpose()?;
        Ok(if let Some(ProjectEvent::NumberClaimed(claimed)) = said { Some(claimed.project) } else { None })
    }
}
