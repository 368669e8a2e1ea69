//! What a batch of events is about: by this the rows are found that it will touch.

use std::collections::HashSet;

use contract::{ContactId, ConversationEvent, ConversationId, Recorded};

/// What a batch of events is about.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) contacts: HashSet<ContactId>,
    pub(crate) conversations: HashSet<ConversationId>,
    /// Ids of messages, Meta's and ours.
    pub(crate) names: HashSet<String>,
    /// Whether a summary will be made, which depends on more rows than those of these names.
    pub(crate) summed: bool,
}

impl Keys {
    /// Adds what one event is about.
    pub(crate) fn add(&mut self, event: &Recorded, fact: &ConversationEvent) {
        self.contacts.extend(event.subject.contact_id());
        match fact {
            ConversationEvent::MessageReceived(received) => self.add_message(&received.0),
            ConversationEvent::MessageEchoed(echoed) => self.add_message(&echoed.0),
            ConversationEvent::MessageImported(imported) => self.add_message(&imported.message),
            ConversationEvent::MessageStatusReported(reported) => self.add_summed(&reported.wamid),
            ConversationEvent::MessageRequested(requested) => {
                self.add_conversation(requested.conversation);
                self.add_summed(&requested.message.to_string());
                requested.target.iter().for_each(|target| self.add_summed(target));
            }
            ConversationEvent::SendStarted(started) => self.add_summed(&started.message.to_string()),
            ConversationEvent::SendDeferred(deferred) => self.add_summed(&deferred.message.to_string()),
            ConversationEvent::SendOutcomeUnknown(unknown) => self.add_summed(&unknown.message.to_string()),
            ConversationEvent::MessageAccepted(accepted) => {
                self.add_summed(&accepted.message.to_string());
                self.add_summed(&accepted.wamid);
            }
            ConversationEvent::MessageFailed(failed) => self.add_summed(&failed.message.to_string()),
            ConversationEvent::MessageAbandoned(abandoned) => self.add_summed(&abandoned.message.to_string()),
            ConversationEvent::ConversationReopened(reopened) => self.add_conversation(reopened.conversation),
            ConversationEvent::ConversationClosed(closed) => self.add_conversation(closed.conversation),
            ConversationEvent::ConversationStateChanged(changed) => self.add_conversation(changed.conversation),
            ConversationEvent::ConversationOpened(opened) => self.add_conversation(opened.conversation),
            ConversationEvent::ContactFirstSeen(_)
            | ConversationEvent::ContactIdentityLinked(_)
            | ConversationEvent::ContactIdentityReplaced(_)
            | ConversationEvent::ContactIdentityUnlinked(_)
            | ConversationEvent::ContactProfileChanged(_)
            | ConversationEvent::ContactPreferenceChanged(_)
            | ConversationEvent::ContactMerged(_)
            | ConversationEvent::ContactAbsorbed(_)
            | ConversationEvent::UnassignedItemReceived(_)
            | ConversationEvent::FlowSubmitted(_)
            | ConversationEvent::ReadRequested(_)
            | ConversationEvent::ReadSettled(_) => {}
        }
    }

    fn add_message(&mut self, message: &contract::Message) {
        self.add_conversation(message.conversation);
        self.add_name(&message.wamid);
        message.target.iter().for_each(|target| self.add_summed(target));
    }

    fn add_conversation(&mut self, conversation: ConversationId) {
        self.conversations.insert(conversation);
    }

    fn add_summed(&mut self, name: &str) {
        self.summed = true;
        self.add_name(name);
    }

    fn add_name(&mut self, name: &str) {
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }
}
