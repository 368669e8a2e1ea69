//! Every template of every project, folded from the stream `template` in memory.
//!
//! That is little: Meta gives an account 250 templates, or 6,000, of at most some ten thousand bytes each, and a deleted one keeps its name
//! and a few dates. Kept up by following. Whoever decides about a template catches up with the log first, and says under which sequence it
//! decided.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use chassis::Health;
use contract::{Event, OperationId, ProjectId, Recorded, Stream, TemplateEvent, TemplateId};
use journal::{Filter, Journal};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::template::{Id, Template};

/// How long somebody waits for the fold to be where the log is.
const CATCH_UP_TIME_MAX: Duration = Duration::from_secs(5);
/// How long to wait before the log is asked again.
const RETRY_DELAY: Duration = Duration::from_millis(500);
const ALL: &str = "template.>";

/// Cheap to clone; clones know the same.
#[derive(Clone)]
pub(crate) struct Library(Arc<Parts>);

struct Parts {
    journal: Journal,
    shelves: RwLock<Shelves>,
    reached: watch::Sender<u64>,
}

/// All of them. Pure.
#[derive(Default)]
struct Shelves(HashMap<ProjectId, Shelf>);

/// Those of a project.
#[derive(Default)]
struct Shelf {
    templates: BTreeMap<TemplateId, Arc<Template>>,
    by_meta_id: HashMap<String, TemplateId>,
    space: Space,
}

/// What the log says of a project's templates as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Space {
    /// The last operation that erased them.
    pub(crate) erased: Option<OperationId>,
    /// Of the last event; 0: none.
    pub(crate) sequence: u64,
}

impl Shelves {
    /// Applies an event; a second time changes nothing.
    fn apply(&mut self, recorded: &Recorded) {
        let Some(project) = recorded.subject.project_id() else { return };
        match TemplateEvent::decode(recorded) {
            Ok(TemplateEvent::TemplatesErased(erased)) => {
                let space = Space { erased: Some(erased.operation), sequence: recorded.sequence };
                self.0.insert(project, Shelf { space, ..Shelf::default() });
            }
            Ok(event) => {
                let Some(template) = recorded.subject.template_id() else { return };
                self.0.entry(project).or_default().apply(template, recorded, event);
            }
            Err(error) => tracing::error!(%error, stream.seq = recorded.sequence, "template event is not readable, passed over"),
        }
    }
}

impl Shelf {
    fn apply(&mut self, id: TemplateId, recorded: &Recorded, event: TemplateEvent) {
        let before = self.templates.get(&id).map(|template| Template::clone(template));
        if before.as_ref().is_some_and(|before| before.sequence >= recorded.sequence) {
            return;
        }
        if let Some(meta_id) = before.as_ref().and_then(|before| before.meta_id.as_ref()) {
            self.by_meta_id.remove(meta_id);
        }
        let Some(after) = Template::evolve(before, id, recorded, event) else { return };
        if let Some(meta_id) = &after.meta_id {
            self.by_meta_id.insert(meta_id.clone(), id);
        }
        self.templates.insert(id, Arc::new(after));
    }
}

impl Library {
    /// Empty; it fills when it is followed.
    pub(crate) fn new(journal: Journal) -> Self {
        Self(Arc::new(Parts { journal, shelves: RwLock::default(), reached: watch::Sender::new(0) }))
    }

    /// A template, also one that is deleted.
    pub(crate) fn get(&self, id: Id) -> Option<Arc<Template>> {
        self.shelves().0.get(&id.project)?.templates.get(&id.template).cloned()
    }

    /// Those of a project, also deleted ones.
    pub(crate) fn all(&self, project: ProjectId) -> Vec<Arc<Template>> {
        self.shelves().0.get(&project).map(|shelf| shelf.templates.values().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn by_meta_id(&self, project: ProjectId, meta_id: &str) -> Option<TemplateId> {
        self.shelves().0.get(&project)?.by_meta_id.get(meta_id).copied()
    }

    pub(crate) fn space(&self, project: ProjectId) -> Space {
        self.shelves().0.get(&project).map(|shelf| shelf.space).unwrap_or_default()
    }

    /// Whether something of a project is on its way to Meta.
    pub(crate) fn is_pending(&self, project: ProjectId) -> bool {
        let shelves = self.shelves();
        shelves.0.get(&project).is_some_and(|shelf| shelf.templates.values().any(|template| template.pending.is_some()))
    }

    /// The sequence up to which everything is known.
    pub(crate) fn reached(&self) -> u64 {
        *self.0.reached.borrow()
    }

    /// Waits until everything is known that the log has of a project now.
    ///
    /// # Errors
    /// The log does not answer, or reading does not get there in time.
    pub(crate) async fn catch_up(&self, project: ProjectId) -> Result<(), journal::Error> {
        self.reach_end(&format!("template.{project}.>")).await
    }

    /// Waits until everything up to `sequence` is known.
    pub(crate) async fn reach(&self, sequence: u64) -> Result<(), journal::Error> {
        let mut reached = self.0.reached.subscribe();
        // The sender lives as long as this does.
        let there = timeout(CATCH_UP_TIME_MAX, reached.wait_for(|reached| *reached >= sequence)).await.is_ok();
        if there {
            Ok(())
        } else {
            Err(journal::Error::Unavailable(format!("templates were not read up to {sequence} in {CATCH_UP_TIME_MAX:?}")))
        }
    }

    /// Waits until everything is known that the log has now, however long the log is away.
    pub(crate) async fn caught_up(&self) {
        while let Err(error) = self.reach_end(ALL).await {
            tracing::warn!(%error, "templates are not read yet");
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }

    /// What `/readyz` asks: that everything which the log has is known.
    pub(crate) fn register(&self, health: &Health) {
        let library = self.clone();
        health.register("templates.log", move || {
            let library = library.clone();
            async move {
                library.0.journal.healthy().await?;
                let told = library.reach_end(ALL).await;
                told.map_err(|_| "templates are not read up to the end of the log, or the log cannot be read".to_owned())
            }
        });
    }

    /// Reads the stream from its beginning and goes on, until `stop`.
    pub(crate) async fn follow(&self, stop: &CancellationToken) {
        self.0.journal.feed(Stream::Template, self.reached() + 1, Filter::all(), stop, |event| self.apply(event)).await;
    }

    async fn reach_end(&self, subjects: &str) -> Result<(), journal::Error> {
        let last = self.0.journal.last_sequence(Stream::Template, subjects).await?;
        self.reach(last).await
    }

    fn apply(&self, event: &Recorded) {
        self.0.shelves.write().unwrap_or_else(PoisonError::into_inner).apply(event);
        self.0.reached.send_if_modified(|reached| std::mem::replace(reached, event.sequence.max(*reached)) < event.sequence);
    }

    fn shelves(&self) -> RwLockReadGuard<'_, Shelves> {
        self.0.shelves.read().unwrap_or_else(PoisonError::into_inner)
    }
}
