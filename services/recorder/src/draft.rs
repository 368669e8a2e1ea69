//! A decision while it is made: what it says is believed at once, so that its next step builds on it.

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
