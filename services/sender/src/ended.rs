//! What the scheduler does when one of its tasks has ended.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{EventId, MessageId, ProjectId};
use journal::Expect;
use projects::Project;
use whatsapp::graph::{self, Class, Sent};

use crate::backlog::{Busy, Key, State};
use crate::decide::{self, Attempt, Outcome, code};
use crate::pace::NumberRate;
use crate::scheduler::{Scheduler, Wake};
use crate::send::{Sending, Unsent};
use crate::show::Showing;

/// The pause when the log does not answer.
const OUTAGE_PAUSE: chrono::TimeDelta = chrono::TimeDelta::seconds(1);

impl Scheduler {
    pub(crate) fn on_sent(&mut self, key: Key, message: MessageId, attempt: u32, sending: Sending) {
        let asked = matches!(sending, Sending::Asked { .. });
        if !asked {
            self.give_back(key);
        }
        self.end_call(key.0);
        if let Some(contact) = self.backlog.contacts.get_mut(&key) {
            contact.busy = None;
        }
        if !self.may_speak(key.0) {
            return;
        }
        // Settled by a status, or forgotten with its project.
        if !asked && !self.backlog.messages.contains_key(&message) {
            self.look(key);
            return;
        }
        match sending {
            Sending::Asked { answer, asked_at, stale_file } => self.on_answer((key, message, attempt), answer, asked_at, stale_file),
            Sending::Unsent(unsent) => self.unsent(key, message, unsent),
            Sending::NeedsFile(file) => match self.sender.projects.get(key.0) {
                Some(project) => self.await_file(key, message, file, project),
                None => self.look(key),
            },
            Sending::Overtaken(sequence) => self.wait_until(key, sequence),
            Sending::Late => {
                let (reason, retry_at) = ("it took too long until Meta could be asked: it was not".to_owned(), self.sender.clock.now());
                self.say_of(key, message, attempt, Outcome::Deferred { meta_code: None, reason, retry_at }, Expect::Any);
            }
            Sending::Stopped => {}
        }
    }

    /// Meta was not asked for a message.
    pub(crate) fn unsent(&mut self, key: Key, message: MessageId, unsent: Unsent) {
        let now = self.sender.clock.now();
        let last = self.backlog.contacts.get(&key).map_or(0, |contact| contact.last);
        match unsent {
            Unsent::FileRefused(error) => {
                let attempt = self.backlog.messages.get(&message).map_or(0, |message| message.attempt) + 1;
                let outcome = decide::refused(&error, self.attempt(message, attempt), now);
                self.say_of(key, message, attempt, outcome, Expect::At(last));
            }
            Unsent::Unfit { code, reason } => {
                let doubtful = self.backlog.messages.get(&message).is_some_and(|message| message.doubtful);
                self.say(key, message, decide::ended(code, None, reason, doubtful), Expect::At(last));
            }
            Unsent::NotReady(pause) => {
                let until = now + chrono::TimeDelta::from_std(pause).unwrap_or(OUTAGE_PAUSE);
                if let Some(message) = self.backlog.messages.get_mut(&message).filter(|message| message.state == State::Waiting) {
                    message.due_at = until;
                }
                self.look(key);
            }
        }
    }

    /// A message that was not asked for slows nobody down.
    fn give_back(&mut self, key: Key) {
        let (rate, now) = (self.rate(key.0), self.sender.clock.now());
        if let Some(lane) = self.lanes.get_mut(&key.0) {
            lane.pace.give_back(rate, now);
        }
        if let Some(pair) = self.pairs.get_mut(&key) {
            pair.give_back();
        }
    }

    fn rate(&self, project: ProjectId) -> NumberRate {
        self.sender.limits.rate(self.sender.projects.get(project).as_deref())
    }

    fn on_answer(
        &mut self,
        (key, id, number): (Key, MessageId, u32),
        answer: Result<Sent, graph::Error>,
        asked_at: DateTime<Utc>,
        stale_file: bool,
    ) {
        let now = self.sender.clock.now();
        let pair_ready = self.learn(key, &answer, asked_at, now);
        match self.backlog.messages.get(&id) {
            // A status was faster, and said it all.
            None => self.look(key),
            Some(message) if message.told.is_some() => self.look(key),
            Some(message) => {
                if let (Ok(_), Some(requested)) = (&answer, message.asked_at) {
                    metrics::histogram!("sender_request_to_accepted_seconds").record((now - requested).as_seconds_f64().max(0.0));
                }
                let attempt = Attempt { stale_file, pair_ready, ..self.attempt(id, number) };
                self.say_of(key, id, number, decide::outcome(answer, attempt, now), Expect::Any);
            }
        }
    }

    fn attempt(&self, message: MessageId, number: u32) -> Attempt {
        let (doubtful, unclear) = self.backlog.messages.get(&message).map_or((false, 0), |message| (message.doubtful, message.unclear));
        // Chance has one place: where ids are drawn.
        let chance = decide::chance(self.sender.ids.ulid().random());
        Attempt { number, unclear, stale_file: false, doubtful, chance, settle_wait: self.settle_wait(), pair_ready: None }
    }

    /// What an answer says of how fast may be sent. Gives when the pair may send again, if Meta refused because of it.
    fn learn(
        &mut self,
        key: Key,
        answer: &Result<Sent, graph::Error>,
        asked_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let error = match answer {
            Ok(_) => {
                if let Some(pair) = self.pairs.get_mut(&key) {
                    pair.accepted();
                }
                return None;
            }
            Err(error) => error,
        };
        let rate = self.rate(key.0);
        let pace = &mut self.lanes.entry(key.0).or_default().pace;
        match error.code() {
            Some(code::PAIR) => return Some(self.pairs.entry(key).or_default().too_fast(now)),
            Some(code::MAINTENANCE) => pace.maintenance(now),
            Some(code) if code == code::THROUGHPUT || code::CALLS.contains(&code) => pace.too_fast(rate, asked_at, now),
            // Somebody before Meta counts too.
            None if error.class() == Class::RateLimited => pace.too_fast(rate, asked_at, now),
            Some(_) | None => {}
        }
        None
    }

    /// Decides nothing about a contact before everything up to `sequence` is read. At 0 its subject is empty: it was erased.
    pub(crate) fn wait_until(&mut self, key: Key, sequence: u64) {
        let Some(contact) = self.backlog.contacts.get_mut(&key) else { return };
        if sequence == 0 {
            let messages = contact.queue.clone();
            contact.busy = None;
            messages.into_iter().for_each(|id| self.backlog.forget(id));
            return;
        }
        contact.busy = Some(Busy::Until(sequence));
        self.look(key);
    }

    pub(crate) fn on_shown(&mut self, id: EventId, project: ProjectId, showing: Showing) {
        self.end_call(project);
        match showing {
            Showing::Settled(reason) => self.say_read(id, reason),
            Showing::Again(pause) => {
                if let Some(read) = self.backlog.reads.get_mut(&id) {
                    read.tries += 1;
                    let at = self.sender.clock.now() + chrono::TimeDelta::from_std(pause).unwrap_or(OUTAGE_PAUSE);
                    self.wake(at, Wake::Show(id));
                }
            }
        }
    }

    pub(crate) fn on_checked(&mut self, id: ProjectId, read: u64, known: Result<Option<Arc<Project>>, journal::Error>) {
        let lane = self.lanes.entry(id).or_default();
        lane.checking = false;
        match known {
            Ok(Some(known)) => {
                lane.checked = Some((known.sequence, read));
                self.enter_round(id);
            }
            // Projects are older than what is said of them: it is gone.
            Ok(None) => self.forget(id),
            Err(error) => {
                tracing::warn!(project.id = %id, %error, "the log does not say what a project is, asking again");
                let at = self.sender.clock.now() + OUTAGE_PAUSE;
                self.wake_project(id, at);
            }
        }
    }

    fn end_call(&mut self, project: ProjectId) {
        self.calls = self.calls.saturating_sub(1);
        if let Some(lane) = self.lanes.get_mut(&project) {
            lane.calls = lane.calls.saturating_sub(1);
        }
        self.enter_round(project);
    }
}
