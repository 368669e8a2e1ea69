//! A decision while it is being made. Each event is applied as soon as it is decided, so that the next step of the decision builds on it.

use contract::{ContactId, ConversationEvent};

use crate::contact::Contact;
use crate::view::View;

/// See the module.
pub(crate) struct Draft<'a> {
    view: &'a mut View,
    events: Vec<(ContactId, ConversationEvent)>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(view: &'a mut View) -> Self {
        Self { view, events: Vec::new() }
    }

    /// What is known now.
    pub(crate) fn view(&self) -> &View {
        self.view
    }

    /// A contact as it is now.
    pub(crate) fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.view.contact(id)
    }

    /// Adds a fact about a contact.
    pub(crate) fn say(&mut self, contact: ContactId, fact: impl Into<ConversationEvent>) {
        let fact = fact.into();
        self.view.apply(contact, &fact);
        self.events.push((contact, fact));
    }

    /// Everything that was said.
    pub(crate) fn finish(self) -> Vec<(ContactId, ConversationEvent)> {
        self.events
    }
}
