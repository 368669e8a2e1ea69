//! What to do next for a contact. Only its first message counts: it may be sent now, has to wait, or has ended without Meta being asked.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{MessageId, SendFailure, UnknownOutcome};
use journal::Expect;

use crate::backlog::{Busy, Key, State};
use crate::decide::{self, Outcome};
use crate::scheduler::Scheduler;

/// When a contact is looked at again whose project is not known.
const UNKNOWN_PAUSE: TimeDelta = TimeDelta::seconds(1);

/// What is next for a contact.
enum Step {
    Nothing,
    /// Not before.
    Wait(DateTime<Utc>),
    /// Its first message may go.
    Go(MessageId),
    /// Something has come to its end without Meta.
    Say(MessageId, Outcome),
}

impl Scheduler {
    /// Sees whether something is to be done for a contact, and does it or has it wait for its turn.
    pub(crate) fn look(&mut self, key: Key) {
        if self.stop.is_cancelled() {
            return;
        }
        match self.step(key) {
            Step::Nothing => self.backlog.tidy(key),
            Step::Wait(at) => self.wake_contact(key, at),
            Step::Go(_) => {
                let Some(contact) = self.backlog.contacts.get_mut(&key) else { return };
                if !std::mem::replace(&mut contact.lined_up, true) {
                    self.lanes.entry(key.0).or_default().sends.push_back(key);
                    self.enter_round(key.0);
                }
            }
            Step::Say(message, outcome) => {
                if self.may_speak(key.0) {
                    let last = self.backlog.contacts.get(&key).map_or(0, |contact| contact.last);
                    self.say(key, message, outcome, Expect::At(last));
                } else {
                    self.wake_contact(key, self.sender.clock.now() + UNKNOWN_PAUSE);
                }
            }
        }
    }

    fn step(&mut self, key: Key) -> Step {
        let now = self.sender.clock.now();
        let Some(contact) = self.backlog.contacts.get_mut(&key) else { return Step::Nothing };
        match contact.busy {
            Some(Busy::Until(sequence)) if self.backlog.read >= sequence => {
                contact.last = contact.last.max(sequence);
                contact.busy = None;
            }
            Some(_) => return Step::Nothing,
            None => {}
        }
        while let Some(id) = contact.overdue.pop_front() {
            if let Some(message) =
                self.backlog.messages.get(&id).filter(|message| message.state == State::Waiting && message.told.is_none())
            {
                return Step::Say(id, expired(message.doubtful));
            }
        }
        let Some(id) = contact.queue.front().copied() else { return Step::Nothing };
        let Some(message) = self.backlog.messages.get(&id) else { return Step::Nothing };
        // Meta has it, which is being said.
        if message.told.is_some() {
            return Step::Nothing;
        }
        if message.state == State::Waiting && message.expires_at <= now {
            return Step::Say(id, expired(message.doubtful));
        }
        if message.due_at > now {
            return Step::Wait(message.due_at);
        }
        match message.state {
            State::Waiting => match self.pairs.get(&key).map(crate::pace::PairPace::ready_at).filter(|at| *at > now) {
                Some(at) => Step::Wait(at),
                None => Step::Go(id),
            },
            State::Started => {
                let reason = "whoever was sending it is gone".to_owned();
                Step::Say(id, Outcome::Unknown { reason, settle_by: now + self.settle_wait() })
            }
            State::Unknown => {
                let policy = self.sender.projects.get(key.0).map_or_else(UnknownOutcome::default, |project| project.unknown_outcome);
                Step::Say(id, decide::unsettled(policy, message.unclear + 1, now, message.expires_at))
            }
            State::Abandoned => Step::Nothing,
        }
    }

    /// Takes a contact out of its line: its first message, if it still may go.
    pub(crate) fn first(&mut self, key: Key) -> Option<MessageId> {
        let contact = self.backlog.contacts.get_mut(&key)?;
        contact.lined_up = false;
        match self.step(key) {
            Step::Go(id) => Some(id),
            Step::Nothing | Step::Wait(_) | Step::Say(..) => {
                self.look(key);
                None
            }
        }
    }
}

fn expired(doubtful: bool) -> Outcome {
    decide::ended(SendFailure::Expired, None, "it was not sent before its time was up".to_owned(), doubtful)
}
