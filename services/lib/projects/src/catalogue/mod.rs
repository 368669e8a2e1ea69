//! The templates and Flows that a project can send, folded from their streams in memory and kept up to date by following them.
//!
//! Before it refuses something because of what is known here, or writes a Flow's revision into an event, a caller asks the log first
//! ([`Catalogue::catch_up`]): so what Meta approved a moment ago is never refused. The catalogue only says what is known; others decide
//! what follows from it.

mod flows;
mod templates;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chassis::Health;
use contract::{FlowId, ProjectId, Recorded, Stream};
use journal::{Filter, Journal};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use whatsapp::template::FlowButton;

pub use flows::Flow;
pub use templates::Template;

use flows::Flows;
use templates::Templates;

/// How long somebody waits for the fold to be where the log is.
const CATCH_UP_TIME_MAX: Duration = Duration::from_secs(5);

/// Knows the templates and Flows of every project. A process has one for all who ask. Cheap to clone; clones know the same.
#[derive(Clone)]
pub struct Catalogue(Arc<Parts>);

struct Parts {
    journal: Journal,
    templates: Shelf<Templates>,
    flows: Shelf<Flows>,
}

/// One stream, folded.
struct Shelf<F> {
    fold: RwLock<F>,
    reached: watch::Sender<u64>,
}

impl<F: Default> Default for Shelf<F> {
    fn default() -> Self {
        Self { fold: RwLock::default(), reached: watch::Sender::new(0) }
    }
}

impl<F> Shelf<F> {
    fn read<R>(&self, look: impl FnOnce(&F) -> R) -> R {
        look(&self.fold.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn apply(&self, event: &Recorded, take: impl FnOnce(&mut F, &Recorded)) {
        take(&mut self.fold.write().unwrap_or_else(PoisonError::into_inner), event);
        self.reached.send_replace(event.sequence);
    }
}

impl Catalogue {
    /// Empty; it fills when it follows.
    pub fn new(journal: Journal) -> Self {
        Self(Arc::new(Parts { journal, templates: Shelf::default(), flows: Shelf::default() }))
    }

    /// Reads both streams from their beginning and then follows them in the background, until `stop`. Call it once, after the streams were
    /// opened.
    pub fn follow(&self, stop: CancellationToken) {
        let catalogue = self.clone();
        tokio::spawn(async move {
            let Parts { journal, templates, flows } = &*catalogue.0;
            tokio::join!(
                journal.feed(Stream::Template, 1, Filter::all(), &stop, |event| templates.apply(event, Templates::apply)),
                journal.feed(Stream::Flow, 1, Filter::all(), &stop, |event| flows.apply(event, Flows::apply)),
            );
        });
    }

    /// What `/readyz` asks: that everything which the log has is known.
    pub fn register(&self, health: &Health) {
        let catalogue = self.clone();
        health.register("projects.catalogue", move || {
            let catalogue = catalogue.clone();
            async move {
                let told = tokio::try_join!(catalogue.reach(Stream::Template, "template.>"), catalogue.reach(Stream::Flow, "flow.>"));
                told.map(drop).map_err(|_| "templates and Flows are not read up to the end of the log".to_owned())
            }
        });
    }

    /// Waits until everything is known that the log has of a project now.
    ///
    /// # Errors
    /// The log does not answer, or reading does not get there in time.
    pub async fn catch_up(&self, project: ProjectId) -> Result<(), journal::Error> {
        let (templates, flows) = (format!("template.{project}.>"), format!("flow.{project}.>"));
        tokio::try_join!(self.reach(Stream::Template, &templates), self.reach(Stream::Flow, &flows)).map(drop)
    }

    /// Every template of that name, in whatever language, that a number of this account can send.
    pub fn templates(&self, project: ProjectId, name: &str, waba: Option<&str>) -> Vec<Arc<Template>> {
        self.0.templates.read(|fold| fold.named(project, name, waba))
    }

    /// A Flow by our id, also one that Meta does not know.
    pub fn flow(&self, project: ProjectId, flow: FlowId) -> Option<Arc<Flow>> {
        self.0.flows.read(|fold| fold.get(project, flow))
    }

    /// A Flow by our id, Meta's id or its name.
    pub fn find_flow(&self, project: ProjectId, id: Option<&str>, name: Option<&str>) -> Option<Arc<Flow>> {
        self.0.flows.read(|fold| fold.find(project, id, name))
    }

    /// The Flow behind a template's button. Templates go to Meta as they are, so a button names its Flow as Meta does.
    pub fn flow_behind(&self, project: ProjectId, button: &FlowButton<'_>) -> Option<Arc<Flow>> {
        self.0.flows.read(|fold| fold.find_at_meta(project, button.flow_id.as_deref(), button.flow_name))
    }

    async fn reach(&self, stream: Stream, subjects: &str) -> Result<(), journal::Error> {
        let last = self.0.journal.last_sequence(stream, subjects).await?;
        let reached = if stream == Stream::Template { &self.0.templates.reached } else { &self.0.flows.reached };
        let mut reached = reached.subscribe();
        // The sender lives as long as this does.
        let there = timeout(CATCH_UP_TIME_MAX, reached.wait_for(|reached| *reached >= last)).await.is_ok();
        if there {
            Ok(())
        } else {
            Err(journal::Error::Unavailable(format!("{stream} was not read up to {last} in {CATCH_UP_TIME_MAX:?}")))
        }
    }
}
