//! The latest events of all projects, bounded in number and in bytes. Pure: it neither reads nor waits.
//!
//! Events of one project are found without passing those of the others, and are forgotten in the order of the log.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use contract::{ProjectId, Recorded};
use tokio::sync::watch;

/// What an event costs beside its data.
const ENTRY_BYTES: usize = 400;

/// How much is remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ring {
    limits: Limits,
    /// Counts the times that it was filled anew: positions of another time mean nothing.
    epoch: u64,
    /// Everything behind this sequence is here.
    floor: u64,
    /// The last sequence that was read.
    last: u64,
    bytes: usize,
    order: VecDeque<ProjectId>,
    topics: HashMap<ProjectId, Topic>,
}

/// The events of one project.
#[derive(Debug, Default)]
struct Topic {
    events: VecDeque<Arc<Recorded>>,
    /// The last one that was forgotten while the topic lived.
    forgotten: u64,
    /// Rings at each new event; there is one while somebody listens.
    bell: Option<watch::Sender<u64>>,
}

/// A place in the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) epoch: u64,
    /// Everything up to here was read.
    pub(crate) sequence: u64,
}

/// What a reader finds behind its position.
#[derive(Debug)]
pub(crate) enum Found {
    /// These, perhaps none; and the position behind them.
    Events(Vec<Arc<Recorded>>, Position),
    /// Some were forgotten. The position is the end.
    Lost(Position),
}

impl Ring {
    /// An empty one: its first event has a sequence behind `floor`.
    pub(crate) fn new(limits: Limits, floor: u64) -> Self {
        Self { limits, epoch: 0, floor, last: floor, bytes: 0, order: VecDeque::new(), topics: HashMap::new() }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes the place of what is here, all at once, so that nobody reads a part of it. Listeners stay, and have lost what was in between.
    pub(crate) fn renew(&mut self, filled: Self) {
        let epoch = self.epoch + 1;
        let before = std::mem::replace(self, Self { epoch, ..filled });
        for (project, Topic { bell, .. }) in before.topics {
            if bell.is_some() {
                let topic = self.topics.entry(project).or_default();
                topic.bell = bell;
                topic.ring(self.last);
            }
        }
    }

    /// Adds the next event of the log.
    pub(crate) fn push(&mut self, event: Recorded) {
        self.last = event.sequence;
        let Some(project) = event.subject.project_id() else { return };
        // A copy, so that no buffer of the connection is kept for the sake of one event.
        let event = Recorded { data: Bytes::copy_from_slice(&event.data), ..event };
        let (sequence, cost) = (event.sequence, cost(&event));
        let topic = self.topics.entry(project).or_default();
        topic.events.push_back(Arc::new(event));
        topic.ring(sequence);
        self.order.push_back(project);
        self.bytes += cost;
        while self.order.len() > self.limits.events || self.bytes > self.limits.bytes {
            self.forget_first();
        }
    }

    /// Everything up to `sequence` was read, although it may hold no event.
    pub(crate) fn reach(&mut self, sequence: u64) {
        self.last = self.last.max(sequence);
    }

    fn forget_first(&mut self) {
        let Some(project) = self.order.pop_front() else { return };
        let Some(topic) = self.topics.get_mut(&project) else { return };
        if let Some(event) = topic.events.pop_front() {
            self.bytes = self.bytes.saturating_sub(cost(&event));
            self.floor = event.sequence;
            topic.forgotten = event.sequence;
        }
        if topic.is_idle() {
            self.topics.remove(&project);
        }
    }

    /// The end.
    pub(crate) fn end(&self) -> Position {
        Position { epoch: self.epoch, sequence: self.last }
    }

    /// Whether everything behind `sequence` is here.
    pub(crate) fn holds_all_behind(&self, sequence: u64) -> bool {
        sequence >= self.floor
    }

    /// Hears of new events of a project.
    pub(crate) fn listen(&mut self, project: ProjectId) -> watch::Receiver<u64> {
        let end = self.last;
        self.topics.entry(project).or_default().bell.get_or_insert_with(|| watch::Sender::new(end)).subscribe()
    }

    /// To be called when a listener of the project has gone.
    pub(crate) fn tidy(&mut self, project: ProjectId) {
        let Some(topic) = self.topics.get_mut(&project) else { return };
        topic.bell.take_if(|bell| bell.receiver_count() == 0);
        if topic.is_idle() {
            self.topics.remove(&project);
        }
    }

    /// The project's events behind a position, as many as fit.
    pub(crate) fn read(&self, project: ProjectId, position: Position, fit: Limits) -> Found {
        if position.epoch != self.epoch {
            return Found::Lost(self.end());
        }
        let Some(topic) = self.topics.get(&project) else { return Found::Events(Vec::new(), self.end()) };
        if topic.forgotten > position.sequence {
            return Found::Lost(self.end());
        }
        let start = topic.events.partition_point(|event| event.sequence <= position.sequence);
        let mut bytes = 0;
        let fits = |event: &&Arc<Recorded>| {
            bytes += cost(event);
            bytes <= fit.bytes
        };
        let mut found: Vec<_> = topic.events.range(start..).take(fit.events).take_while(fits).cloned().collect();
        if found.is_empty() {
            // One that is larger than all that fit goes alone.
            found.extend(topic.events.get(start).cloned());
        }
        let next = match found.last() {
            Some(last) if start + found.len() < topic.events.len() => Position { sequence: last.sequence, ..position },
            _ => self.end(),
        };
        Found::Events(found, next)
    }
}

impl Topic {
    fn ring(&self, sequence: u64) {
        if let Some(bell) = &self.bell {
            bell.send_replace(sequence);
        }
    }

    fn is_idle(&self) -> bool {
        self.events.is_empty() && self.bell.is_none()
    }
}

fn cost(event: &Recorded) -> usize {
    event.data.len() + ENTRY_BYTES
}

#[cfg(test)]
mod tests;
