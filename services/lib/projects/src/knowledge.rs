//! The fold kept up with the log.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use chassis::Health;
use contract::{ProjectId, Stream, Subject};
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::Project;
use crate::fold::Fold;

/// The streams that are folded.
pub const STREAMS: [Stream; 1] = [Stream::Project];
/// How long [`Projects::fresh`] waits for the fold to be where the log is.
pub const CONFIRM_MAX: Duration = Duration::from_secs(5);
/// The subjects that matter: projects; not the claims of numbers, nor keys.
const SUBJECTS: &str = "project.*";

/// Knows every project. Cheap to clone; clones know the same.
#[derive(Clone)]
pub struct Projects(Arc<Parts>);

struct Parts {
    journal: Journal,
    fold: RwLock<Fold>,
    reached: watch::Sender<u64>,
}

impl Projects {
    /// Reads everything that the log says now, and opens the stream if nobody has.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn start(journal: Journal) -> Result<Self, journal::Error> {
        journal.open(&STREAMS).await?;
        let projects = Self(Arc::new(Parts { journal, fold: RwLock::default(), reached: watch::Sender::new(0) }));
        let mut events = std::pin::pin!(projects.0.journal.replay(Stream::Project, Range::ALL, Filter::subjects([SUBJECTS])));
        while let Some(event) = events.next().await {
            projects.apply(&event?);
        }
        Ok(projects)
    }

    /// Follows the log in the background until `stop`. Call it once.
    pub fn follow(&self, stop: CancellationToken) {
        let projects = self.clone();
        tokio::spawn(async move {
            let from = projects.fold().sequence() + 1;
            let filter = Filter::subjects([SUBJECTS]);
            projects.0.journal.feed(Stream::Project, from, filter, &stop, |event| projects.apply(event)).await;
        });
    }

    /// What `/readyz` asks: that the log says how far it is, and that this is as far.
    pub fn register(&self, health: &Health) {
        let projects = self.clone();
        health.register("projects.log", move || {
            let projects = projects.clone();
            async move {
                projects.0.journal.healthy().await?;
                let told = projects.reach_end(SUBJECTS).await;
                told.map_err(|_| "what is known of projects is behind the log, or the log cannot be read".to_owned())
            }
        });
    }

    /// A project as far as it was heard of. None: not heard of yet, or erased.
    pub fn get(&self, project: ProjectId) -> Option<Arc<Project>> {
        self.fold().get(project)
    }

    /// A project as the log has it now: waits until everything is read that its subject holds. None: there is none, or it is erased.
    ///
    /// # Errors
    /// The log does not answer, or reading does not get there within [`CONFIRM_MAX`].
    pub async fn fresh(&self, project: ProjectId) -> Result<Option<Arc<Project>>, journal::Error> {
        self.reach_end(Subject::project(project).as_str()).await?;
        Ok(self.get(project))
    }

    /// Whose the number is now.
    pub fn by_number(&self, phone_number_id: &str) -> Option<ProjectId> {
        self.fold().by_number(phone_number_id)
    }

    /// Whose numbers are of this WhatsApp Business Account.
    pub fn by_waba(&self, waba_id: &str) -> Vec<ProjectId> {
        self.fold().by_waba(waba_id)
    }

    /// Every project that is not erased, in no order.
    pub fn all(&self) -> Vec<Arc<Project>> {
        self.fold().all()
    }

    /// Tells the sequence of the last event that was read, whenever one was.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.0.reached.subscribe()
    }

    fn fold(&self) -> RwLockReadGuard<'_, Fold> {
        self.0.fold.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reach_end(&self, subjects: &str) -> Result<(), journal::Error> {
        let last = self.0.journal.last_sequence(Stream::Project, subjects).await?;
        let mut reached = self.changed();
        // The sender lives as long as this does.
        let there = timeout(CONFIRM_MAX, reached.wait_for(|reached| *reached >= last)).await.is_ok();
        if there { Ok(()) } else { Err(journal::Error::Unavailable(format!("projects were not read up to {last} in {CONFIRM_MAX:?}"))) }
    }

    fn apply(&self, event: &contract::Recorded) {
        self.0.fold.write().unwrap_or_else(PoisonError::into_inner).apply(event);
        self.0.reached.send_if_modified(|reached| std::mem::replace(reached, event.sequence.max(*reached)) < event.sequence);
    }
}

impl std::fmt::Debug for Projects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Projects")
    }
}
