//! Appends that were stored lately, by the id of their last event: a second delivery is answered from here and does not
//! spoil a shared batch. A memory of this process only; the broker's window stands behind it.

use std::collections::{HashMap, VecDeque};

use contract::{EventId, Subject};

/// How many appends are remembered; about 100 bytes each.
const REMEMBERED_MAX: usize = 16_384;

#[derive(Default)]
pub(super) struct Recent {
    stored: HashMap<EventId, (Subject, usize, u64)>,
    order: VecDeque<EventId>,
}

impl Recent {
    /// The sequence of the last event of an append with this id, on this subject, of so many events.
    pub(super) fn find(&self, id: EventId, subject: &Subject, events: usize) -> Option<u64> {
        let (stored_on, stored_events, last) = self.stored.get(&id)?;
        (stored_on == subject && *stored_events == events).then_some(*last)
    }

    pub(super) fn remember(&mut self, id: EventId, subject: Subject, events: usize, last: u64) {
        if self.stored.insert(id, (subject, events, last)).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.stored.remove(&oldest);
        }
    }
}
