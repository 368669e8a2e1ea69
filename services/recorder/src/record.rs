//! Webhook events into conversation events: the first half of the recorder.
//!
//! A batch of one number: read, look up, decide, append. Whatever fails, the batch is decided again from the start: what was
//! appended is recognised, so nothing is said twice. The tables are not touched here; see `project`.
//!
//! What is recognised is what the tables show, and they are behind the log. So people are looked up for the first time only when
//! the tables show everything that the log has of the project; from then on the view knows what was appended since. A view that anything
//! went wrong with is thrown away.
//!
//! Others append to the same contacts: who asks for a message to be sent, who sends it. An append that does not know of it is refused, and
//! the batch is decided again from what the tables show then; before somebody is taken for a stranger, the tables are waited for.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract::{ConversationEvent, Event, ProjectId, Recorded, Stream, UnassignedItemReceived};
use journal::{AppendError, Handled, Handler, Journal, Stop};
use lru::LruCache;
use metrics::counter;
use projections::{ProjectDatabases, lookup};
use sqlx::PgConnection;

use crate::decide::{Project, decide, is_about_a_stranger, unassigned};
use crate::fold::Whose;
pub(crate) use crate::heard::Heard;
use crate::items::What;
use crate::load::load;
use crate::outbox::{Flushed, Outbox};
use crate::projects::Projects;
use crate::view::View;
use crate::{Error, SOURCE};

/// How often a batch is decided again because somebody else wrote to one of its contacts.
const CONFLICTS_MAX: u32 = 8;
/// How long one call may go on starting over; the attempt that is being made then comes to its end, which has limits of its own.
const CALL_TIME_MAX: Duration = Duration::from_secs(15);
/// How long all questions of one attempt to a database may take, the wait for it to catch up included.
const LOOK_UP_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the tables may take to show what the log has.
const CATCH_UP_TIME_MAX: Duration = Duration::from_secs(5);
const CATCH_UP_POLL: Duration = Duration::from_millis(5);
/// Projects whose people are kept in memory between batches: with 2,000 people each, about 1 KiB a person, 256 MiB at most.
const VIEWS_MAX: NonZeroUsize = NonZeroUsize::new(128).expect("128 is not zero");

/// Records what webhooks say. One per process.
pub struct Recorder {
    journal: Journal,
    databases: ProjectDatabases,
    projects: Projects,
    views: Mutex<LruCache<ProjectId, Arc<tokio::sync::Mutex<Option<View>>>>>,
}

impl Recorder {
    /// Works on these projects.
    pub fn new(journal: Journal, databases: ProjectDatabases, projects: Projects) -> Self {
        Self { journal, databases, projects, views: Mutex::new(LruCache::new(VIEWS_MAX)) }
    }

    /// Two numbers of one project take turns.
    async fn record(&self, project: Project, events: &[Recorded]) -> Result<(), Error> {
        let items: Vec<Heard<'_>> = events.iter().flat_map(Heard::all).collect();
        if items.is_empty() {
            return Ok(());
        }
        let slot = self.views.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(project.id, Arc::default).clone();
        let mut slot = slot.lock().await;
        let began = Instant::now();
        for _ in 0..CONFLICTS_MAX {
            // Taken out: what was decided and not stored, also when this call panics or is dropped, must not be believed.
            let looked = tokio::time::timeout(LOOK_UP_TIME_MAX, self.look_up(project.id, slot.take(), &items)).await;
            let mut view = looked.map_err(|_| projections::Error::Unavailable(sqlx::Error::PoolTimedOut))??;
            match self.decide_and_append(project, &mut view, &items).await {
                Ok(Flushed::Stored) => {
                    *slot = Some(view);
                    return Ok(());
                }
                Ok(Flushed::Repeated) | Err(AppendError::Conflict { .. }) => counter!("recorder_conflicts_total").increment(1),
                Err(error) => return Err(error.into()),
            }
            if began.elapsed() > CALL_TIME_MAX {
                break;
            }
        }
        Err(Error::Contended)
    }

    async fn look_up(&self, project: ProjectId, view: Option<View>, items: &[Heard<'_>]) -> Result<View, Error> {
        let mut connection = self.databases.connect(project).await?;
        let view = match view {
            Some(mut view) => {
                load(&mut connection, &mut view, items).await?;
                match self.unseen(project, &view, strangers(&view, items)).await? {
                    None => view,
                    Some(last) => {
                        wait_for_tables(&mut connection, last).await?;
                        load(&mut connection, &mut view, items).await?;
                        view
                    }
                }
            }
            None => {
                let mut view = View::default();
                wait_for_tables(&mut connection, self.last_of(project).await?).await?;
                load(&mut connection, &mut view, items).await?;
                view
            }
        };
        connection.hand_back();
        Ok(view)
    }

    /// The sequence that the tables must show before somebody is taken for a stranger, because another process may have recorded that
    /// person, or sent the message that a status is about, a moment ago. For a status the wait is always worth it. For a first message it
    /// is so only if the log's last event is not our own; otherwise new people could not be recorded faster than their rows are written.
    async fn unseen(&self, project: ProjectId, view: &View, strangers: Strangers) -> Result<Option<u64>, Error> {
        if strangers == Strangers::None {
            return Ok(None);
        }
        let last = self.last_of(project).await?;
        Ok((last > view.checkpoint() && (strangers == Strangers::Reported || last != view.appended())).then_some(last))
    }

    async fn last_of(&self, project: ProjectId) -> Result<u64, Error> {
        Ok(self.journal.last_sequence(Stream::Conversation, &format!("conversation.{project}.>")).await?)
    }

    async fn decide_and_append(&self, project: Project, view: &mut View, items: &[Heard<'_>]) -> Result<Flushed, AppendError> {
        let mut outbox = Outbox::default();
        for heard in items {
            if let Some((key, raw)) = unassigned(view, &heard.item) {
                if !view.has_unassigned(&heard.id) {
                    let fact = ConversationEvent::from(UnassignedItemReceived { key: key.to_owned(), raw: raw.clone() });
                    outbox.add_unassigned(fact.into_new(heard.id, SOURCE, heard.event.time, heard.context()));
                    view.apply_unassigned(heard.id);
                }
            } else {
                let decided = decide(project, view, &heard.item);
                if decided.is_empty() {
                    counter!("recorder_repeated_total").increment(1);
                }
                outbox.add(project.id, heard, decided);
            }
            if outbox.is_full() && outbox.flush(&self.journal, project.id, view).await? == Flushed::Repeated {
                return Ok(Flushed::Repeated);
            }
        }
        outbox.flush(&self.journal, project.id, view).await
    }
}

/// Who in a batch is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strangers {
    None,
    /// Somebody who writes, or has other ids now.
    Some,
    /// Somebody to whom a message was sent, also.
    Reported,
}

fn strangers(view: &View, items: &[Heard<'_>]) -> Strangers {
    let mut found = Strangers::None;
    for heard in items {
        match &heard.item.what {
            _ if !is_about_a_stranger(view, &heard.item) => {}
            What::Status { .. } => return Strangers::Reported,
            What::Said(_) | What::Changed(_) | What::Preference { .. } | What::Unassigned { .. } => found = Strangers::Some,
        }
    }
    found
}

/// Until the tables show what the log has.
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

impl Handler for Recorder {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        let number = key.split('.').nth(1).unwrap_or_default();
        let mut done = 0;
        while let Some(first) = events.get(done) {
            let project = match self.projects.at(number, first.time) {
                Whose::Of(project) if !self.projects.leaves(project.id) => project,
                Whose::Of(_) | Whose::Nobodys => {
                    counter!("recorder_left_out_total").increment(1);
                    done += 1;
                    continue;
                }
                Whose::Waits => {
                    let waiting = events.len() - done;
                    counter!("recorder_unknown_number_total").increment(waiting as u64);
                    return Handled::stopped(done, Stop::Park { cause: "its number belongs to no project".to_owned() });
                }
            };
            let is_theirs = |event: &&Recorded| self.projects.at(number, event.time) == Whose::Of(project);
            let theirs = events[done..].iter().take_while(is_theirs).count().max(1);
            if let Err(error) = self.record(project, &events[done..done + theirs]).await {
                tracing::debug!(project.id = %project.id, stream.seq = first.sequence, %error, "webhooks not recorded yet");
                return Handled::stopped(done, error.stop());
            }
            counter!("recorder_webhooks_total").increment(theirs as u64);
            done += theirs;
        }
        Handled::all(events)
    }
}
