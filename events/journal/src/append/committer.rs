//! One task per stream that sends what waits: group commit.
//!
//! A shared batch that fails, for whatever reason, is taken apart and its appends go one by one, so that a conflict in one
//! never fails its neighbours. An append whose acknowledgement was lost is sent again under the same message id until it is known to be
//! stored or its time is up. Appends of the same id (a webhook delivered fifty times at once) share one place in the queue.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use contract::{EventId, Stream};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::costs::Costs;
use super::load::Load;
use super::pending::Pending;
use super::plan::{UnderWay, take_next};
use super::recent::Recent;
use super::send::{Ack, Failure, send};
use super::settle::{Verdict, settle};
use super::{AppendError, BATCH_EVENTS_MAX, Position};
use crate::link::Link;

/// The pause before an append is sent again.
const AGAIN_PAUSE: Duration = Duration::from_millis(50);
/// After a batch, its writers usually append again within moments. The committer waits for them, for this share of the time that the batch
/// took and never longer than the limit, so that they share the next batch. Without the pause, two halves of the writers would take turns,
/// and each would pay for a whole batch.
const REGROUP_SHARE: u32 = 4;
const REGROUP_TIME_MAX: Duration = Duration::from_millis(1);
/// Behind a batch of fewer appends there is no crowd to wait for.
const REGROUP_MIN: usize = 16;
/// How many appends are taken from the way in at once.
const INTAKE: usize = 512;

/// The way in to a stream's committer.
pub(crate) struct Committer {
    sender: mpsc::UnboundedSender<Pending>, // bounded by the two counters
    load: Arc<Load>,
}

impl Committer {
    pub(super) fn start(link: Arc<Link>, stream: Stream) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let load = Arc::new(Load::default());
        let task = Task {
            link,
            stream,
            load: Arc::clone(&load),
            queue: VecDeque::new(),
            under_way: UnderWay::default(),
            sending: FuturesUnordered::new(),
            same: HashMap::new(),
            recent: Recent::default(),
            regroup: None,
            costs: Costs::default(),
        };
        tokio::spawn(task.run(receiver));
        Self { sender, load }
    }

    /// For how long the stream has taken nothing, if somebody is still trying and the connection has not been lost again since (`losses`
    /// counts that).
    pub(super) fn takes_nothing_for(&self, losses: u64) -> Option<Duration> {
        self.load.takes_nothing_for(losses)
    }

    /// Queues an append, or turns it away at once when too many wait: whoever sheds load wants to know now.
    pub(super) fn submit(&self, append: Pending) -> Result<(), AppendError> {
        let bytes = append.bytes;
        self.load.enter(bytes)?;
        self.sender.send(append).map_err(|_| {
            self.load.leave(bytes);
            AppendError::Unavailable("the journal was closed".to_owned())
        })
    }
}

/// What came of one unit.
struct Sent {
    appends: Vec<Pending>,
    outcome: Result<Ack, Failure>,
    verdict: Option<Verdict>,
    took: Duration,
    /// Of one that travels alone: how many of them were on their way when it left, itself among them. None for a batch.
    alone: Option<usize>,
}

/// Until so many wait, or until then.
struct Regroup {
    waiting: usize,
    until: Instant,
}

struct Task {
    link: Arc<Link>,
    stream: Stream,
    load: Arc<Load>,
    queue: VecDeque<Pending>,
    under_way: UnderWay,
    sending: FuturesUnordered<BoxFuture<'static, Sent>>,
    /// By id, whoever came second while the first one waits.
    same: HashMap<EventId, Vec<Pending>>,
    recent: Recent,
    regroup: Option<Regroup>,
    costs: Costs,
}

impl Task {
    async fn run(mut self, mut receiver: mpsc::UnboundedReceiver<Pending>) {
        let mut incoming = Vec::with_capacity(INTAKE);
        let mut open = true;
        while open || !self.sending.is_empty() || !self.queue.is_empty() {
            // Every append has the same time, and what is sent again goes to the front: the first one is the oldest.
            let expiry = self.queue.front().map(|append| append.deadline);
            tokio::select! {
                biased;
                Some(sent) = self.sending.next(), if !self.sending.is_empty() => self.finish(sent),
                taken = receiver.recv_many(&mut incoming, INTAKE), if open => open = taken > 0,
                () = tokio::task::yield_now(), if self.regroup.is_some() => {} // a timer would be too coarse
                () = tokio::time::sleep_until(expiry.unwrap_or_else(Instant::now)), if expiry.is_some() => {}
            }
            while let Ok(append) = receiver.try_recv() {
                incoming.push(append);
            }
            for append in incoming.drain(..) {
                self.accept(append);
            }
            self.expire();
            if self.regroup.as_ref().is_some_and(|regroup| self.queue.len() >= regroup.waiting || Instant::now() >= regroup.until) {
                self.regroup = None;
            }
            if self.regroup.is_none() {
                self.dispatch();
            }
        }
    }

    fn accept(&mut self, append: Pending) {
        let (Some(id), Some(part)) = (append.id(), append.parts.last()) else { return };
        if let Some(last) = self.recent.find(id, &part.subject, append.events) {
            let positions = append.positions(last, true);
            return self.answer(append, Ok(positions));
        }
        if let Some(same) = self.same.get_mut(&id) {
            return same.push(append);
        }
        self.same.insert(id, Vec::new());
        self.queue.push_back(append);
    }

    fn expire(&mut self) {
        let now = Instant::now();
        while let Some(append) = self.queue.pop_front_if(|append| append.deadline <= now) {
            self.conclude(append, Err(AppendError::Unavailable("not acknowledged in time".to_owned())));
        }
    }

    fn dispatch(&mut self) {
        while let Some(mut appends) = take_next(&mut self.queue, &self.under_way, self.costs.group_min()) {
            let shared = appends.len() > 1;
            if shared || !appends.iter().all(Pending::is_single) {
                let events: usize = appends.iter().map(|append| append.events).sum();
                metrics::histogram!("journal_append_batch_events", "stream" => self.stream.name()).record(events as f64);
            }
            let alone = appends.iter().any(|append| append.alone) || (!shared && appends.iter().all(Pending::is_single));
            if alone {
                self.under_way.singles += 1;
            } else {
                self.under_way.batch = true;
            }
            for append in &appends {
                self.under_way.add(append);
            }
            let (link, alone) = (Arc::clone(&self.link), alone.then_some(self.under_way.singles));
            self.sending.push(Box::pin(async move {
                let from = Instant::now();
                let outcome = send(&link, &mut appends).await;
                let verdict = match (&outcome, appends.as_slice()) {
                    (Err(failure), [append]) => follow_up(&link, failure, append).await,
                    _ => None,
                };
                Sent { appends, outcome, verdict, took: from.elapsed(), alone }
            }));
        }
    }

    fn finish(&mut self, sent: Sent) {
        let Sent { appends, outcome, verdict, took, alone } = sent;
        for append in &appends {
            self.under_way.remove(append);
        }
        if outcome.is_ok() {
            self.costs.saw(took, appends.iter().map(|append| append.events).sum(), alone);
        }
        if alone.is_some() {
            self.under_way.singles -= 1;
        } else {
            self.under_way.batch = false;
            if appends.len() >= REGROUP_MIN && outcome.is_ok() {
                let until = Instant::now() + (took / REGROUP_SHARE).min(REGROUP_TIME_MAX);
                let waiting = (appends.len() + self.queue.len()).min(BATCH_EVENTS_MAX);
                self.regroup = Some(Regroup { waiting, until });
            }
        }
        match (outcome, verdict) {
            (Ok(ack), _) => {
                let mut first = ack.seq.saturating_sub(appends.iter().map(|append| append.events as u64).sum());
                for append in appends {
                    first += append.events as u64;
                    let positions = append.positions(first, ack.duplicate);
                    self.conclude(append, Ok(positions));
                }
            }
            (Err(_), Some(verdict)) => {
                for append in appends {
                    self.judge(append, &verdict);
                }
            }
            (Err(_), None) => {
                for mut append in appends.into_iter().rev() {
                    append.alone = true;
                    self.queue.push_front(append);
                }
            }
        }
    }

    fn judge(&mut self, mut append: Pending, verdict: &Verdict) {
        match verdict {
            Verdict::Stored(last) => {
                let positions = append.positions(*last, true);
                self.conclude(append, Ok(positions));
            }
            Verdict::Failed(error) => self.conclude(append, Err(error.clone())),
            Verdict::Again => {
                append.alone = true;
                self.queue.push_front(append);
            }
        }
    }

    /// Answers an append, and everyone who came with the same id.
    fn conclude(&mut self, append: Pending, outcome: Result<Vec<Position>, AppendError>) {
        let Some(id) = append.id() else { return };
        if let (Ok(positions), Some(part)) = (&outcome, append.parts.last()) {
            let last = positions.last().map_or(0, |position| position.sequence);
            self.recent.remember(id, part.subject.clone(), append.events, last);
        }
        self.load.ended(append.since, self.link.losses(), &outcome);
        let same = self.same.remove(&id).unwrap_or_default();
        self.answer(append, outcome.clone());
        for later in same {
            match &outcome {
                Ok(_) => self.accept(later), // answered from the recent ones, or queued if it is another append after all
                Err(error) => self.answer(later, Err(error.clone())),
            }
        }
    }

    fn answer(&self, append: Pending, outcome: Result<Vec<Position>, AppendError>) {
        self.load.leave(append.bytes);
        append.answer(outcome);
    }
}

/// What becomes of an append that failed alone.
async fn follow_up(link: &Link, failure: &Failure, append: &Pending) -> Option<Verdict> {
    let cause = match failure {
        Failure::Refused(cause) => return Some(Verdict::Failed(AppendError::Refused(cause.clone()))),
        Failure::Contested | Failure::Duplicate => match settle(link, append, matches!(failure, Failure::Duplicate)).await {
            Ok(Verdict::Again) => "the subject is contested".to_owned(),
            Ok(verdict) => return Some(verdict),
            Err(error) => error.to_string(),
        },
        Failure::Unknown(cause) | Failure::NotNow(cause) => cause.clone(),
    };
    if Instant::now() + AGAIN_PAUSE >= append.deadline {
        return Some(Verdict::Failed(AppendError::Unavailable(cause)));
    }
    tokio::time::sleep(AGAIN_PAUSE).await;
    Some(Verdict::Again)
}
