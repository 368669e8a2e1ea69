//! Writes down what became of a message, if events about its project may still be written.
//!
//! What the log does not take is kept and said again after a pause. Meanwhile its contact waits, and nobody else.

use std::sync::Arc;

use chrono::TimeDelta;
use contract::{EventId, MessageId, NewEvent, ProjectId};
use journal::{AppendError, Expect, Position};
use projects::Life;
use whatsapp::payload::UserPreference;

use crate::backlog::{Backlog, Busy, Key};
use crate::decide::Outcome;
use crate::said::{self, REFUSED_PAUSE};
use crate::scheduler::{Done, Scheduler, Wake};
use crate::stopped::Stopped;

/// Events on their way into the log, together.
pub(crate) struct Saying {
    pub(crate) key: Key,
    expect: Expect,
    events: Vec<NewEvent>,
    /// What Meta told of the contact as well: it goes behind them, whatever the subject holds, unless the contact has said otherwise since.
    stopped: Option<Box<Stopped>>,
    /// The contact is busy until it is read back.
    holds_contact: bool,
}

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
        let now = self.sender.clock.now();
        // Of an upload Meta says no such thing.
        let has_stopped = expect == Expect::Any && matches!(outcome, Outcome::Failed { meta_code: Some(UserPreference::STOPPED_CODE), .. });
        let stopped = has_stopped.then(|| Box::new(Stopped::new(message, attempt, known, now)));
        let events = vec![said::outcome(message, attempt, outcome, &known.origin, now)];
        // Who was merged says nothing any more.
        let person = self.backlog.preferences.survivor(key);
        let (stopped, elsewhere) = if person == key { (stopped, None) } else { (None, stopped) };
        if elsewhere.is_some() {
            self.append(Saying { key: person, expect, events: Vec::new(), stopped: elsewhere, holds_contact: false });
        }
        if let Some(contact) = self.backlog.contacts.get_mut(&key) {
            contact.busy = Some(Busy::Saying);
        }
        self.append(Saying { key, expect, events, stopped, holds_contact: true });
    }

    /// A status told that Meta has the message, whatever is being done about it.
    pub(crate) fn tell(&mut self, id: MessageId) {
        let Some(message) = self.backlog.messages.get(&id) else { return };
        let (key, attempt, told, origin) = (message.key, message.attempt, message.told.clone(), Arc::clone(&message.origin));
        let Some(wamid) = told.filter(|_| self.may_speak(key.0)) else { return };
        let outcome = Outcome::Accepted { wamid, held_as: None, settled_by_status: true };
        count(&outcome);
        let event = said::outcome(id, attempt, outcome, &origin, self.sender.clock.now());
        self.append(Saying { key, expect: Expect::Any, events: vec![event], stopped: None, holds_contact: false });
    }

    /// What came of showing a message as read.
    pub(crate) fn say_read(&mut self, id: EventId, reason: Option<String>) {
        let Some(read) = self.backlog.reads.get(&id).cloned() else { return };
        if !self.may_speak(read.key.0) {
            return;
        }
        let event = said::read(read.message, id, reason, &read.origin, self.sender.clock.now());
        self.append(Saying { key: read.key, expect: Expect::Any, events: vec![event], stopped: None, holds_contact: false });
    }

    fn append(&mut self, saying: Saying) {
        let journal = self.sender.journal.clone();
        self.tasks.spawn(async move {
            let subject = Backlog::subject(saying.key);
            let appended = match &saying.stopped {
                Some(stopped) => stopped.append(&journal, &subject, &saying.events).await,
                None => said::append(&journal, &subject, saying.expect, saying.events.clone()).await,
            };
            Done::Said { saying, appended }
        });
    }

    pub(crate) fn on_said(&mut self, saying: Saying, appended: Result<Position, AppendError>) {
        match appended {
            Ok(Position { sequence, .. }) | Err(AppendError::Conflict { actual: sequence, .. }) => {
                if saying.holds_contact {
                    self.wait_until(saying.key, sequence);
                }
            }
            Err(_) => self.keep_refused(saying),
        }
    }

    /// At most what is said at once of each contact and of whom it turned out to be, of each message that a status settled and of each read
    /// receipt. One timer is for all of them.
    fn keep_refused(&mut self, saying: Saying) {
        if self.refused.is_empty() {
            let pause = TimeDelta::from_std(REFUSED_PAUSE).unwrap_or(TimeDelta::MAX);
            self.wake(self.sender.clock.now() + pause, Wake::Refused);
        }
        self.refused.push(saying);
    }

    /// Says once more what the log did not take.
    pub(crate) fn say_refused(&mut self) {
        for saying in std::mem::take(&mut self.refused) {
            let project = saying.key.0;
            if self.may_speak(project) {
                self.append(saying);
            } else if !self.leaves(project) {
                self.keep_refused(saying);
            }
        }
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
