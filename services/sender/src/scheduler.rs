//! The one task that decides what happens next. It reads the log, keeps the backlog, starts tasks and takes their results. Nothing in it
//! waits for Meta, the database or the log.
//!
//! It reads first and decides later: it does nothing until it has read everything that the log held when it started. An event counts only
//! when it is read back from the log, even if this process wrote it. Until then its contact is busy, so that the contact's messages stay in
//! order.

mod rows;
mod wakes;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{EventId, MediaId, MessageId, ProjectId, Recorded, Stream};
use futures::{FutureExt, StreamExt};
use journal::{AppendError, Filter, Position};
use projects::Project;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::Sender;
use crate::backlog::{Backlog, Key, News, State};
use crate::error::Error;
use crate::lane::Lane;
use crate::pace::PairPace;
use crate::send::{Sending, Unsent};
use crate::show::Showing;
use crate::speak::Saying;
use crate::store::{self, Batch};

pub(crate) use wakes::Wake;

use rows::Rows;

/// How often rows are written, if something changed, and it is counted how many messages are where.
const FLUSH_EVERY: Duration = Duration::from_millis(500);
/// How many events and ended tasks are taken at once before what follows from them is done.
const TURN_MAX: usize = 256;
/// How much longer than a call's own limit a shutdown waits for it and for its outcome to be written down.
const DRAIN_EXTRA: Duration = Duration::from_secs(5);
/// Paces of contacts that are kept before those are looked for that mean nothing any more.
const PAIRS_MIN: usize = 10_000;

/// What a task has to say.
pub(crate) enum Done {
    Sent { key: Key, message: MessageId, attempt: u32, sending: Sending },
    Uploaded { project: ProjectId, media: MediaId, uploaded: Result<(), Unsent> },
    Said { saying: Saying, appended: Result<Position, AppendError> },
    Shown { read: EventId, project: ProjectId, showing: Showing },
    Checked { project: ProjectId, read: u64, known: Result<Option<Arc<Project>>, journal::Error> },
    Flushed { batch: Batch, written: Result<bool, Error> },
}

pub(crate) struct Scheduler {
    pub(crate) sender: Sender,
    pub(crate) backlog: Backlog,
    pub(crate) lanes: HashMap<ProjectId, Lane>,
    /// Projects with something that may go now, each in its turn.
    pub(crate) round: VecDeque<ProjectId>,
    pub(crate) pairs: HashMap<Key, PairPace>,
    pub(crate) timers: BinaryHeap<Reverse<(DateTime<Utc>, Wake)>>,
    pub(crate) tasks: JoinSet<Done>,
    /// Calls that run.
    pub(crate) calls: usize,
    /// What the log did not take.
    pub(crate) refused: Vec<Saying>,
    /// Told from outside, or because the work cannot go on.
    pub(crate) stop: CancellationToken,
    /// Everything was read that the log held at the start.
    live: bool,
    /// Who may write the rows.
    writer: String,
    /// None: somebody else does.
    rows: Option<Rows>,
    pairs_looked_at: usize,
}

impl Scheduler {
    /// Reads the rows. From now on this process writes them.
    pub(crate) async fn open(sender: Sender, stop: CancellationToken) -> Result<Self, Error> {
        let writer = sender.ids.ulid().to_string();
        let restored = store::restore(&sender.pool, &writer).await?;
        let sequence = restored.sequence;
        Ok(Self {
            sender,
            backlog: Backlog::restore(restored),
            lanes: HashMap::new(),
            round: VecDeque::new(),
            pairs: HashMap::new(),
            timers: BinaryHeap::new(),
            tasks: JoinSet::new(),
            calls: 0,
            refused: Vec::new(),
            stop: stop.child_token(),
            live: false,
            writer,
            rows: Some(Rows::up_to(sequence)),
            pairs_looked_at: PAIRS_MIN,
        })
    }

    /// Works until told to stop, or until it cannot go on. Either way, calls that run come to their end.
    pub(crate) async fn run(mut self) -> Result<(), Error> {
        let worked = self.work().await;
        self.stop.cancel();
        worked.and(self.drain().await)
    }

    async fn work(&mut self) -> Result<(), Error> {
        let journal = self.sender.journal.clone();
        let clock = self.sender.clock.clone();
        let agenda = clock.agenda();
        let stop = self.stop.clone();
        let end = journal.last_sequence(Stream::Conversation, "conversation.>").await?;
        let mut tail = pin!(journal.tail(Stream::Conversation, self.backlog.read + 1, Filter::all()));
        let mut projects = self.sender.projects.changed();
        let mut flush = tokio::time::interval(FLUSH_EVERY);
        flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if !self.live && self.backlog.read >= end {
                self.go_live();
            }
            if self.live {
                self.dispatch();
            }
            let next = self.next_time();
            agenda.announce(self.next_deadline());
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(done) = self.tasks.join_next() => self.on_done(done)?,
                event = tail.next() => self.on_event(event)?,
                Ok(()) = projects.changed() => self.on_projects(),
                () = clock.reach(next.unwrap_or_default()), if next.is_some() => self.on_time(),
                _ = flush.tick() => {
                    self.measure();
                    self.forget_paces();
                    self.flush();
                }
            }
            for _ in 0..TURN_MAX {
                let Some(event) = tail.next().now_or_never() else { break };
                self.on_event(event)?;
            }
            for _ in 0..TURN_MAX {
                let Some(done) = self.tasks.try_join_next() else { break };
                self.on_done(done)?;
            }
        }
    }

    /// Everything is read: what was begun by somebody who is gone has an unknown outcome.
    fn go_live(&mut self) {
        self.live = true;
        let now = self.sender.clock.now();
        for message in self.backlog.messages.values_mut().filter(|message| message.state == State::Started) {
            message.due_at = message.due_at.min(now);
        }
        let told: Vec<MessageId> = self.backlog.messages.iter().filter(|(_, message)| message.told.is_some()).map(|(id, _)| *id).collect();
        told.into_iter().for_each(|id| self.tell(id));
        let contacts: Vec<Key> = self.backlog.contacts.keys().copied().collect();
        contacts.into_iter().for_each(|key| self.look(key));
        let reads: Vec<EventId> = self.backlog.reads.keys().copied().collect();
        reads.into_iter().for_each(|read| self.line_up_read(read));
        self.forget_preferences();
        tracing::info!(stream.seq = self.backlog.read, messages = self.backlog.messages.len(), "sending");
    }

    fn on_event(&mut self, event: Option<Result<Recorded, journal::Error>>) -> Result<(), Error> {
        let event = event.ok_or_else(|| journal::Error::Unavailable("the reader is gone".to_owned()))??;
        let news = self.backlog.apply(&event, self.sender.lost_after());
        if self.live {
            match news {
                News::None => {}
                News::Contact(key) => self.look(key),
                News::Told(message) => self.tell(message),
                News::Read(read) => self.line_up_read(read),
            }
        }
        Ok(())
    }

    fn on_done(&mut self, done: Result<Done, JoinError>) -> Result<(), Error> {
        match done? {
            Done::Sent { key, message, attempt, sending } => self.on_sent(key, message, attempt, sending),
            Done::Uploaded { project, media, uploaded } => self.on_uploaded(project, media, uploaded),
            Done::Said { saying, appended } => self.on_said(saying, appended),
            Done::Shown { read, project, showing } => self.on_shown(read, project, showing),
            Done::Checked { project, read, known } => self.on_checked(project, read, known),
            Done::Flushed { batch, written } => self.on_flushed(batch, written),
        }
        Ok(())
    }

    /// A project changed: what was held may go, what leaves is forgotten.
    fn on_projects(&mut self) {
        let projects: Vec<ProjectId> = self.lanes.keys().copied().collect();
        for project in projects {
            if self.leaves(project) {
                self.forget(project);
            } else {
                self.enter_round(project);
            }
        }
        self.forget_preferences();
    }

    /// What contacts want goes with their project, which may have no lane: nothing of it waits. One that is not known may be gone.
    fn forget_preferences(&mut self) {
        for project in self.backlog.preferences.projects() {
            self.may_speak(project);
        }
    }

    pub(crate) fn leaves(&self, project: ProjectId) -> bool {
        self.sender.projects.get(project).is_some_and(|project| project.life == projects::Life::Leaving)
    }

    /// A project goes, or is gone: nothing of it is sent or said any more.
    pub(crate) fn forget(&mut self, project: ProjectId) {
        self.backlog.forget_project(project);
        self.pairs.retain(|(of, _), _| *of != project);
        self.refused.retain(|saying| saying.key.0 != project);
        if let Some(lane) = self.lanes.get_mut(&project) {
            lane.forget();
            if lane.is_idle() {
                self.lanes.remove(&project);
            }
        }
    }

    fn forget_paces(&mut self) {
        if self.pairs.len() > self.pairs_looked_at {
            let now = self.sender.clock.now();
            self.pairs.retain(|_, pace| !pace.is_spent(now));
            self.pairs_looked_at = (self.pairs.len() * 2).max(PAIRS_MIN);
        }
    }

    fn measure(&self) {
        let mut counts = [("waiting", 0_u32), ("started", 0), ("unknown", 0), ("abandoned", 0)];
        for message in self.backlog.messages.values() {
            let index = match message.state {
                State::Waiting => 0,
                State::Started => 1,
                State::Unknown => 2,
                State::Abandoned => 3,
            };
            counts[index].1 += 1;
        }
        for (state, count) in counts {
            metrics::gauge!("sender_messages", "state" => state).set(f64::from(count));
        }
    }

    /// No new starts; calls that run end, what came of them is written down, and so are the rows.
    async fn drain(&mut self) -> Result<(), Error> {
        let limit = self.sender.graph.send_limit() + DRAIN_EXTRA;
        let mut ended = Ok(());
        let _ = tokio::time::timeout(limit, async {
            while let Some(done) = self.tasks.join_next().await {
                if let Err(error) = self.on_done(done) {
                    ended = Err(error);
                }
            }
        })
        .await;
        self.flush_last().await;
        ended
    }

    /// How long a status is waited for after a call without an answer.
    pub(crate) fn settle_wait(&self) -> TimeDelta {
        self.sender.settle_wait()
    }
}
