//! Remembers what was last compared with Meta and found equal. As long as Meta says that a Flow has not changed since, its JSON is not
//! fetched again. This is lost when the process ends, which costs two calls for each Flow once.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use contract::FlowId;
use lru::LruCache;
use whatsapp::graph::FlowFacts;

use crate::details;
use crate::flow::{Flow, Id};

/// Flows that are remembered, some hundred bytes each.
const SEEN_MAX: NonZeroUsize = NonZeroUsize::new(20_000).expect("not zero");

/// Meta reports changes in whole seconds of its own clock, so a Flow that changed very recently may change again in the same second without
/// a trace. This is longer than any difference between clocks with which anything works.
const SETTLED_AFTER: TimeDelta = TimeDelta::hours(1);

/// As Meta and the log had it when they agreed.
#[derive(PartialEq, Eq)]
struct Agreed {
    updated_at: DateTime<Utc>,
    meta_sha256: String,
    revision: u32,
}

#[derive(Clone)]
pub(crate) struct Seen(Arc<Mutex<LruCache<FlowId, Agreed>>>);

impl Seen {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(SEEN_MAX))))
    }

    /// Nothing has changed since both agreed.
    pub(crate) fn knows(&self, id: Id, flow: &Flow, facts: &FlowFacts) -> bool {
        let Some(agreed) = agreed(id, flow, facts) else { return false };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id.flow) == Some(&agreed)
    }

    pub(crate) fn note(&self, id: Id, flow: &Flow, facts: &FlowFacts, now: DateTime<Utc>) {
        if let Some(agreed) = agreed(id, flow, facts).filter(|agreed| agreed.updated_at + SETTLED_AFTER < now) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(id.flow, agreed);
        }
    }
}

/// None where they do not agree, or Meta does not say when it changed.
fn agreed(id: Id, flow: &Flow, facts: &FlowFacts) -> Option<Agreed> {
    let named = facts.name.as_ref().is_none_or(|name| *name == flow.name_at_meta(id.flow));
    let same = named && details::said(facts).is_some_and(|said| details::same(&flow.details(), &said));
    let calm = flow.is_uploaded() && flow.drift.is_none() && flow.overwrite.is_none() && same;
    let uploaded = flow.uploaded.as_ref().filter(|_| calm)?;
    Some(Agreed { updated_at: facts.updated_at?, meta_sha256: uploaded.meta_sha256.clone(), revision: uploaded.revision })
}
