//! An item with the webhook event that it came in.

use contract::{Context, EventId, Recorded};

use crate::items::{Item, items};

pub(crate) struct Heard<'a> {
    /// The same at every delivery of the same webhook event.
    pub(crate) id: EventId,
    pub(crate) event: &'a Recorded,
    pub(crate) item: Item,
}

impl<'a> Heard<'a> {
    pub(crate) fn all(event: &'a Recorded) -> impl Iterator<Item = Self> {
        let source = event.id.to_string();
        items(event).into_iter().enumerate().map(move |(index, item)| {
            let id = EventId::derive("conversation.item", &[&source, &index.to_string()]);
            Self { id, event, item }
        })
    }

    /// What follows from an item carries its trace, and names the webhook as its cause.
    pub(crate) fn context(&self) -> Context {
        let heard = &self.event.context;
        Context {
            traceparent: heard.traceparent.clone(),
            correlation: Some(heard.correlation.clone().unwrap_or_else(|| self.event.id.to_string())),
            causation: Some(self.event.id),
            actor: heard.actor.clone(),
        }
    }
}
