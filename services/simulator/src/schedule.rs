//! What is to happen later by the simulator's clock: statuses of messages, decisions of reviewers, the ends of calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::delivery::Told;

/// What may wait at once.
pub(crate) const SCHEDULED_MAX: usize = 1_000_000;

/// Something that is to happen.
#[derive(Debug, Clone)]
pub(crate) enum Due {
    /// A message gets as far as this.
    Status(Box<Step>),
    /// The reviewer decides about the template with this id.
    Review(String),
    /// Nobody answered this call of a person's.
    CallOver(Box<Told>),
}

/// One step of a message of the business.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) told: Told,
    pub(crate) name: StepName,
    pub(crate) opaque: Option<Arc<str>>,
    /// Of the prices.
    pub(crate) category: &'static str,
    /// It is a reaction: nothing follows `sent`.
    pub(crate) last: bool,
    /// As it was posted, without the recipient.
    pub(crate) body: Arc<Value>,
}

/// See [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepName {
    Sent,
    Delivered,
    Read,
    Failed(i64, &'static str),
}

/// All of it, by time; what is due at the same instant in the order it was asked for.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    serial: u64,
    due: BTreeMap<(DateTime<Utc>, u64), Due>,
}

impl Schedule {
    pub(crate) fn at(&mut self, at: DateTime<Utc>, due: Due) {
        self.serial += 1;
        self.due.insert((at, self.serial), due);
    }

    /// The first that is due at `now`.
    pub(crate) fn pop(&mut self, now: DateTime<Utc>) -> Option<Due> {
        let first = self.due.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    pub(crate) fn next_at(&self) -> Option<DateTime<Utc>> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.due.len() >= SCHEDULED_MAX
    }
}
