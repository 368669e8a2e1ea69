//! Webhook events into conversation events: the first half of the recorder.
//!
//! A batch of one number: read, look up, decide, append. Whatever fails, the batch is decided again from the start: what was
//! appended is recognised, so nothing is said twice. The tables are not touched here; see `project`.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract::{Context, ConversationEvent, Event, EventId, ProjectId, Recorded, UnassignedItemReceived};
use journal::{AppendError, Handled, Handler, Journal, Stop};
use lru::LruCache;
use metrics::counter;
use projections::{ProjectDatabases, lookup};
use sqlx::PgConnection;

use crate::decide::{Project, decide};
use crate::items::{Item, What, items};
use crate::load::load;
use crate::outbox::Outbox;
use crate::projects::Projects;
use crate::view::View;
use crate::{Error, SOURCE};

/// How often a batch is decided again because somebody else wrote to one of its contacts.
const CONFLICTS_MAX: u32 = 8;
/// How long the tables may take to show what somebody else wrote.
const CATCH_UP_TIME_MAX: Duration = Duration::from_secs(5);
const CATCH_UP_POLL: Duration = Duration::from_millis(5);
/// Projects whose people are kept in memory between batches.
const VIEWS_MAX: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");

/// Records what webhooks say. One per process.
pub struct Recorder {
    journal: Journal,
    databases: ProjectDatabases,
    projects: Projects,
    views: Mutex<LruCache<ProjectId, Arc<tokio::sync::Mutex<View>>>>,
}

impl Recorder {
    /// Works on these projects.
    pub fn new(journal: Journal, databases: ProjectDatabases, projects: Projects) -> Self {
        Self { journal, databases, projects, views: Mutex::new(LruCache::new(VIEWS_MAX)) }
    }

    async fn record(&self, project: Project, events: &[Recorded]) -> Result<(), Error> {
        let items: Vec<Heard<'_>> = events.iter().flat_map(Heard::all).collect();
        if items.is_empty() {
            return Ok(());
        }
        let view = self.views.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(project.id, Arc::default).clone();
        let mut view = view.lock().await;
        for _ in 0..CONFLICTS_MAX {
            let mut connection = self.databases.pool(project.id).acquire().await.map_err(projections::Error::from)?;
            load(&mut connection, &mut view, &items).await?;
            match self.decide_and_append(project, &mut view, &items).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    // What was decided and not stored must not be believed.
                    *view = View::default();
                    let AppendError::Conflict { actual, .. } = error else { return Err(error.into()) };
                    counter!("recorder_conflicts_total").increment(1);
                    wait_for_tables(&mut connection, actual).await?;
                }
            }
        }
        Err(Error::Contended)
    }

    async fn decide_and_append(&self, project: Project, view: &mut View, items: &[Heard<'_>]) -> Result<(), AppendError> {
        let mut outbox = Outbox::default();
        for heard in items {
            if let What::Unassigned { key, raw } = &heard.item.what {
                if !view.has_unassigned(&heard.id) {
                    view.apply_unassigned(heard.id);
                    let fact = ConversationEvent::from(UnassignedItemReceived { key: key.clone(), raw: raw.clone() });
                    outbox.add_unassigned(fact.into_new(heard.id, SOURCE, heard.event.time, heard.context()));
                }
                continue;
            }
            let decided = decide(project, view, &heard.item);
            if decided.is_empty() {
                counter!("recorder_repeated_total").increment(1);
            }
            outbox.add(heard, decided);
            if outbox.is_full() {
                outbox.flush(&self.journal, project.id, view).await?;
            }
        }
        outbox.flush(&self.journal, project.id, view).await
    }
}

/// Until the tables show what somebody else wrote.
async fn wait_for_tables(connection: &mut PgConnection, sequence: u64) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        let checkpoint = lookup::checkpoint(connection).await?;
        if checkpoint >= sequence {
            return Ok(());
        }
        if started.elapsed() > CATCH_UP_TIME_MAX {
            return Err(Error::TablesBehind { checkpoint, sequence });
        }
        tokio::time::sleep(CATCH_UP_POLL).await;
    }
}

/// An item with the webhook event that it came in.
pub(crate) struct Heard<'a> {
    pub(crate) id: EventId,
    pub(crate) event: &'a Recorded,
    pub(crate) item: Item,
}

impl<'a> Heard<'a> {
    fn all(event: &'a Recorded) -> impl Iterator<Item = Self> {
        let source = event.id.to_string();
        items(event).into_iter().enumerate().map(move |(index, item)| {
            let id = EventId::derive("conversation.item", &[&source, &index.to_string()]);
            Self { id, event, item }
        })
    }

    /// What follows from an item carries its trace, and names the webhook as its cause.
    pub(crate) fn context(&self) -> Context {
        let heard = &self.event.context;
        Context {
            traceparent: heard.traceparent.clone(),
            correlation: Some(heard.correlation.clone().unwrap_or_else(|| self.event.id.to_string())),
            causation: Some(self.event.id),
            actor: heard.actor.clone(),
        }
    }
}

impl Handler for Recorder {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        let number = key.split('.').nth(1).unwrap_or_default();
        let Some(project) = self.projects.by_number(number) else {
            counter!("recorder_unknown_number_total").increment(events.len() as u64);
            return Handled { done: 0, stopped: Some(Stop::Park { cause: format!("number {number} belongs to no project") }) };
        };
        match self.record(project, events).await {
            Ok(()) => {
                counter!("recorder_webhooks_total").increment(events.len() as u64);
                Handled { done: events.len(), stopped: None }
            }
            Err(error) => Handled { done: 0, stopped: Some(error.stop()) },
        }
    }
}
