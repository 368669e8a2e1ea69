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
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, epoch: 0, floor: 0, last: 0, bytes: 0, order: VecDeque::new(), topics: HashMap::new() }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Forgets everything; the next event has a sequence behind `floor`. Whoever listens has lost what was in between.
    pub(crate) fn restart(&mut self, floor: u64) {
        self.epoch += 1;
        (self.floor, self.last, self.bytes) = (floor, floor, 0);
        self.order.clear();
        self.topics.retain(|_, topic| topic.bell.is_some());
        for topic in self.topics.values_mut() {
            topic.events.clear();
            topic.forgotten = 0;
            topic.ring(floor);
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
        let Some(topic) = self.topics.get(&project).filter(|_| position.epoch == self.epoch) else {
            return if position.epoch == self.epoch { Found::Events(Vec::new(), self.end()) } else { Found::Lost(self.end()) };
        };
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
        let sequence = match found.last() {
            Some(last) if start + found.len() < topic.events.len() => last.sequence,
            _ => self.last,
        };
        Found::Events(found, Position { epoch: self.epoch, sequence })
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
mod tests {
    use chrono::DateTime;
    use contract::{ContactId, Context, EventId, EventType, Subject};
    use ulid::Ulid;

    use super::*;

    const MANY: Limits = Limits { events: 100, bytes: 1_000_000 };

    fn project(n: u64) -> ProjectId {
        ProjectId::from_ulid(Ulid::from_parts(1, n.into()))
    }

    fn event(sequence: u64, of: u64, bytes: usize) -> Recorded {
        Recorded {
            sequence,
            subject: Subject::conversation(project(of), ContactId::from_ulid(Ulid::from_parts(1, 1))),
            id: EventId::derive("t", &[&sequence.to_string()]),
            event_type: EventType::new("conversation.message_received.v1"),
            source: "/t".into(),
            time: DateTime::from_timestamp(1_794_992_403, 0).unwrap(),
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json".into(),
            data: Bytes::from(vec![b'1'; bytes]),
        }
    }

    fn filled(limits: Limits, through: u64) -> Ring {
        let mut ring = Ring::new(limits);
        ring.restart(0);
        (1..=through).for_each(|sequence| ring.push(event(sequence, sequence % 2, 10)));
        ring
    }

    fn sequences(found: &Found) -> Vec<u64> {
        match found {
            Found::Events(events, _) => events.iter().map(|event| event.sequence).collect(),
            Found::Lost(_) => panic!("events were lost"),
        }
    }

    fn at(ring: &Ring, sequence: u64) -> Position {
        Position { epoch: ring.epoch, sequence }
    }

    #[test]
    fn a_reader_finds_its_projects_events_and_no_others() {
        let ring = filled(MANY, 10);
        let found = ring.read(project(1), at(&ring, 2), MANY);
        assert_eq!(sequences(&found), [3, 5, 7, 9]);
        assert!(matches!(found, Found::Events(_, position) if position.sequence == 10), "nothing is left up to the end");
        assert!(sequences(&ring.read(project(7), at(&ring, 0), MANY)).is_empty());
    }

    #[test]
    fn a_full_hand_goes_on_where_it_stopped() {
        let ring = filled(MANY, 10);
        let mut position = at(&ring, 0);
        let mut seen = Vec::new();
        loop {
            let Found::Events(events, next) = ring.read(project(0), position, Limits { events: 2, bytes: 1 }) else { panic!("lost") };
            if events.is_empty() {
                break;
            }
            seen.extend(events.iter().map(|event| event.sequence));
            position = next;
        }
        assert_eq!(seen, [2, 4, 6, 8, 10]);
    }

    #[test]
    fn what_is_forgotten_is_lost_only_for_its_own_project() {
        let mut ring = Ring::new(Limits { events: 3, bytes: 1_000_000 });
        ring.restart(0);
        let _listener = ring.listen(project(0));
        ring.push(event(1, 0, 1));
        (2..=9).for_each(|sequence| ring.push(event(sequence, 1, 1)));
        assert!(matches!(ring.read(project(0), at(&ring, 0), MANY), Found::Lost(position) if position.sequence == 9));
        assert!(sequences(&ring.read(project(0), at(&ring, 1), MANY)).is_empty(), "it had read the only event of its project");
        assert!(!ring.holds_all_behind(5) && ring.holds_all_behind(6));
    }

    #[test]
    fn bytes_are_bounded_as_well() {
        let mut ring = Ring::new(Limits { events: 1_000, bytes: 10_000 });
        ring.restart(0);
        for sequence in 1..=50 {
            ring.push(event(sequence, sequence % 5, 1_000));
            assert!(ring.bytes <= 10_000);
        }
        assert_eq!(ring.order.len(), 7);
        ring.push(event(51, 1, 50_000));
        assert_eq!((ring.order.len(), ring.bytes, ring.topics.len()), (0, 0, 0), "one that is too large for all is not kept");
        assert_eq!(ring.floor, 51);
    }

    #[test]
    fn a_restart_loses_every_position() {
        let mut ring = filled(MANY, 10);
        let position = at(&ring, 10);
        ring.restart(20);
        assert!(matches!(ring.read(project(1), position, MANY), Found::Lost(position) if position.sequence == 20));
    }

    #[test]
    fn listeners_hear_their_project_and_leave_nothing_behind() {
        let mut ring = filled(MANY, 0);
        let mut listener = ring.listen(project(0));
        ring.push(event(1, 1, 1));
        assert!(!listener.has_changed().unwrap());
        ring.push(event(2, 0, 1));
        assert!(listener.has_changed().unwrap());
        listener.mark_unchanged();
        drop(listener);
        ring.listen(project(9));
        ring.tidy(project(9));
        ring.tidy(project(0));
        assert_eq!(ring.topics.len(), 2, "only those with events");
    }
}
