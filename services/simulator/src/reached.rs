//! Whom an account has written to of its own accord within a day: Meta limits how many people that may be.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use whatsapp::WaId;

/// How long somebody counts after the last such message.
const COUNTS_FOR: TimeDelta = TimeDelta::hours(24);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    last: BTreeMap<WaId, DateTime<Utc>>,
    /// The same, first whoever counts no more first.
    by_time: BTreeSet<(DateTime<Utc>, WaId)>,
}

impl Reached {
    /// Whoever was last written to a day ago counts no more.
    pub(crate) fn forget(&mut self, now: DateTime<Utc>) {
        while self.by_time.first().is_some_and(|(at, _)| now - *at >= COUNTS_FOR) {
            if let Some((_, person)) = self.by_time.pop_first() {
                self.last.remove(&person);
            }
        }
    }

    /// Whether this person may be written to; 0: there is no limit.
    pub(crate) fn allows(&self, person: &WaId, people_max: u32) -> bool {
        people_max == 0 || self.last.contains_key(person) || self.last.len() < people_max as usize
    }

    /// They were written to.
    pub(crate) fn take(&mut self, person: &WaId, now: DateTime<Utc>) {
        if let Some(before) = self.last.insert(person.clone(), now) {
            self.by_time.remove(&(before, person.clone()));
        }
        self.by_time.insert((now, person.clone()));
    }
}
