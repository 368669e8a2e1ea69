//! Writes down what became of a message, if events about its project may still be written.

use std::sync::Arc;

use contract::{MessageId, ProjectId};
use journal::Expect;
use projects::Life;

use crate::backlog::{Backlog, Busy, Key};
use crate::decide::Outcome;
use crate::said;
use crate::scheduler::{Done, Scheduler};

impl Scheduler {
    /// Whether events about a project may be written. Not if it is being deleted: its messages are forgotten. Not if it is gone: an event
    /// would bring back what was erased. If the project is not known here, the log is asked.
    pub(crate) fn may_speak(&mut self, id: ProjectId) -> bool {
        match self.sender.projects.get(id).map(|project| project.life) {
            None => {
                if !self.lanes.get(&id).is_some_and(|lane| lane.checking) {
                    self.check(id);
                }
                false
            }
            Some(Life::Leaving) => {
                self.forget(id);
                false
            }
            Some(Life::Provisioning | Life::Ready | Life::Failed) => true,
        }
    }

    /// Appends what is said about a message; until it is read back the contact is busy.
    pub(crate) fn say(&mut self, key: Key, message: MessageId, outcome: Outcome, expect: Expect) {
        let attempt = self.backlog.messages.get(&message).map_or(0, |message| message.attempt);
        self.say_of(key, message, attempt, outcome, expect);
    }

    pub(crate) fn say_of(&mut self, key: Key, message: MessageId, attempt: u32, outcome: Outcome, expect: Expect) {
        let Some(known) = self.backlog.messages.get(&message) else { return };
        count(&outcome);
        let event = said::outcome(message, attempt, outcome, &known.origin, self.sender.clock.now());
        if let Some(contact) = self.backlog.contacts.get_mut(&key) {
            contact.busy = Some(Busy::Saying);
        }
        let journal = self.sender.journal.clone();
        self.tasks.spawn(async move {
            let appended = said::append(&journal, &Backlog::subject(key), expect, event).await;
            Done::Said { key, appended }
        });
    }

    /// A status told that Meta has the message, whatever is being done about it.
    pub(crate) fn tell(&mut self, id: MessageId) {
        let Some(message) = self.backlog.messages.get(&id) else { return };
        let (key, attempt, told, origin) = (message.key, message.attempt, message.told.clone(), Arc::clone(&message.origin));
        let Some(wamid) = told.filter(|_| self.may_speak(key.0)) else { return };
        let outcome = Outcome::Accepted { wamid, held_as: None, settled_by_status: true };
        count(&outcome);
        let journal = self.sender.journal.clone();
        let event = said::outcome(id, attempt, outcome, &origin, self.sender.clock.now());
        self.tasks.spawn(async move {
            let appended = said::append(&journal, &Backlog::subject(key), Expect::Any, event).await;
            Done::Told { appended }
        });
    }
}

fn count(outcome: &Outcome) {
    match outcome {
        Outcome::Accepted { .. } => metrics::counter!("sender_accepted_total").increment(1),
        Outcome::Deferred { meta_code, .. } => {
            let code = meta_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
            metrics::counter!("sender_deferred_total", "code" => code).increment(1);
        }
        Outcome::Unknown { .. } => metrics::counter!("sender_unknown_total").increment(1),
        Outcome::Failed { code, .. } => metrics::counter!("sender_failed_total", "code" => code.name()).increment(1),
        Outcome::Abandoned { .. } => metrics::counter!("sender_abandoned_total").increment(1),
    }
}
