//! What is sent next. Pure, so that the rules of group commit can be read and tested without a broker.
//!
//! A single append costs a sync, an atomic batch a few times as much whatever its size up to 100, and batches are worked off one after
//! another. Hence: few waiting appends go singly and pipelined, many go as one batch, one batch is on its way at a time, as large as what
//! gathered meanwhile. How many are many is measured: see `costs`.

use std::collections::{HashMap, HashSet, VecDeque};

use contract::Subject;

use super::BATCH_EVENTS_MAX;
use super::pending::Pending;

/// The most bytes in one batch: the broker keeps it in memory until the commit.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many appends that failed in company are on their way at once, each alone.
const ALONE_MAX: usize = 16;

/// What is on its way.
#[derive(Default)]
pub(super) struct UnderWay {
    pub(super) singles: usize,
    pub(super) batch: bool,
    /// Subjects of appends on their way. An append with an expectation waits for them: it could only fail.
    pub(super) subjects: HashMap<Subject, usize>,
}

impl UnderWay {
    pub(super) fn add(&mut self, append: &Pending) {
        for part in &append.parts {
            *self.subjects.entry(part.subject.clone()).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, append: &Pending) {
        for part in &append.parts {
            if let Some(count) = self.subjects.get_mut(&part.subject) {
                *count -= 1;
                if *count == 0 {
                    self.subjects.remove(&part.subject);
                }
            }
        }
    }
}

/// Takes from the queue what is to be sent now as one unit; nothing when it is better to wait. From `group_min` appends on, waiting and on their
/// way, they travel as one atomic batch.
pub(super) fn take_next(queue: &mut VecDeque<Pending>, under_way: &UnderWay, group_min: usize) -> Option<Vec<Pending>> {
    if let Some(index) = next_alone(queue, under_way) {
        return queue.remove(index).map(|append| vec![append]);
    }
    if under_way.batch || queue.is_empty() {
        return None;
    }
    let shared = queue.iter().filter(|append| !append.alone);
    let all_single = shared.clone().all(Pending::is_single);
    let waiting = shared.count();
    if all_single && waiting + under_way.singles < group_min {
        return take_group(queue, under_way, 1);
    }
    if waiting >= group_min || under_way.singles == 0 || !all_single {
        return take_group(queue, under_way, BATCH_EVENTS_MAX);
    }
    None
}

fn next_alone(queue: &VecDeque<Pending>, under_way: &UnderWay) -> Option<usize> {
    if under_way.singles >= ALONE_MAX {
        return None;
    }
    let mut earlier = HashSet::new();
    for (index, append) in queue.iter().enumerate().take_while(|(_, append)| append.alone) {
        if may_go(append, under_way, &earlier) {
            return Some(index);
        }
        earlier.extend(append.parts.iter().map(|part| &part.subject));
    }
    None
}

/// From the front, whatever may share a batch, up to so many events. Whoever waits keeps later appends of its subjects waiting.
fn take_group(queue: &mut VecDeque<Pending>, under_way: &UnderWay, events_max: usize) -> Option<Vec<Pending>> {
    let (mut events, mut bytes) = (0, 0);
    let mut taken = Vec::new();
    let mut left = VecDeque::with_capacity(queue.len());
    let (mut sharing, mut waiting) = (HashSet::new(), HashSet::new());
    for append in queue.drain(..) {
        let fits = events + append.events <= events_max && (bytes + append.bytes <= BATCH_BYTES_MAX || taken.is_empty());
        let blocked = append
            .parts
            .iter()
            .any(|part| waiting.contains(&part.subject) || (part.expect.sequence().is_some() && sharing.contains(&part.subject)));
        // A lone append of several events is a batch even where only one event was asked for.
        let first_of_many = taken.is_empty() && events_max == 1 && !append.is_single();
        if !append.alone && (fits || first_of_many) && !blocked && may_go(&append, under_way, &HashSet::new()) {
            events += append.events;
            bytes += append.bytes;
            sharing.extend(append.parts.iter().map(|part| part.subject.clone()));
            taken.push(append);
        } else {
            waiting.extend(append.parts.iter().map(|part| part.subject.clone()));
            left.push_back(append);
        }
    }
    *queue = left;
    (!taken.is_empty()).then_some(taken)
}

/// Whether the append can be sent now. In a batch, only the first message of a subject may carry an expected sequence, and an append with
/// one would fail while another append to the same subject is on its way.
fn may_go(append: &Pending, under_way: &UnderWay, earlier: &HashSet<&Subject>) -> bool {
    append.parts.iter().all(|part| {
        !earlier.contains(&part.subject) && (part.expect.sequence().is_none() || !under_way.subjects.contains_key(&part.subject))
    })
}
