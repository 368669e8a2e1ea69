//! The messages that phones really received, in order: what a test counts when it asks whether anything was sent twice or not at all.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

/// Messages that are kept; the oldest go first.
const RECEIVED_MAX: usize = 300_000;

/// A message on a phone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Received {
    /// Counts from 1, without a gap.
    pub number: u64,
    #[schema(value_type = String)]
    pub wamid: Wamid,
    /// What the business gave with it.
    #[schema(value_type = Option<String>)]
    pub biz_opaque_callback_data: Option<Arc<str>>,
    #[schema(value_type = String)]
    pub from: PhoneNumberId,
    #[schema(value_type = String)]
    pub to: WaId,
    /// As it was posted, without the recipient.
    #[schema(value_type = Object)]
    pub body: Arc<Value>,
    pub at: DateTime<Utc>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    count: u64,
    entries: VecDeque<Received>,
    by_data: HashMap<Arc<str>, Vec<u64>>,
}

impl Ledger {
    pub(crate) fn push(&mut self, mut received: Received) {
        self.count += 1;
        received.number = self.count;
        if let Some(data) = &received.biz_opaque_callback_data {
            self.by_data.entry(data.clone()).or_default().push(self.count);
        }
        self.entries.push_back(received);
        if self.entries.len() > RECEIVED_MAX
            && let Some(oldest) = self.entries.pop_front()
            && let Some(data) = oldest.biz_opaque_callback_data
            && let Some(numbers) = self.by_data.get_mut(&data)
        {
            numbers.retain(|number| *number != oldest.number);
            if numbers.is_empty() {
                self.by_data.remove(&data);
            }
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Those after `after`, from the oldest.
    pub(crate) fn after(&self, after: u64) -> impl Iterator<Item = &Received> {
        let first = self.entries.front().map_or(1, |entry| entry.number);
        let skip = usize::try_from((after + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skip)
    }

    /// Those that came with this data.
    pub(crate) fn with_data(&self, data: &str) -> impl Iterator<Item = &Received> {
        let first = self.entries.front().map_or(1, |entry| entry.number);
        let numbers = self.by_data.get(data).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(move |number| self.entries.get(usize::try_from(number - first).ok()?))
    }

    /// How often each data was received, if more than once: what was sent twice.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = (&str, usize)> {
        self.by_data.iter().filter(|(_, numbers)| numbers.len() > 1).map(|(data, numbers)| (&**data, numbers.len()))
    }
}
