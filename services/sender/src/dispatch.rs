//! What happens next: for a contact, its first message; among projects, each in its turn.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{EventId, MessageId, ProjectId, UnknownOutcome};
use journal::Expect;
use projects::Life;
use tracing::Instrument;

use crate::backlog::{Backlog, Busy, Key, State};
use crate::decide::{self, Outcome};
use crate::desk::{Desk, Done, Wake};
use crate::lane::{Job, Standing, standing};
use crate::send::{self, Order, Unsent};
use crate::{said, show};

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

impl Desk {
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

    /// Whether something may be said of a project: not of one that goes, whose messages are forgotten, nor of one that is gone, where it
    /// would bring back what was erased. One that is not known is asked about.
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

    /// However often it is asked for, a contact has one time at which it wakes; an earlier one is added.
    fn wake_contact(&mut self, key: Key, at: DateTime<Utc>) {
        if let Some(contact) = self.backlog.contacts.get_mut(&key)
            && contact.wakes_at.is_none_or(|known| at < known)
        {
            contact.wakes_at = Some(at);
            self.wake(at, Wake::Contact(key));
        }
    }

    /// The same for a project.
    pub(crate) fn wake_project(&mut self, id: ProjectId, at: DateTime<Utc>) {
        if let Some(lane) = self.lanes.get_mut(&id)
            && lane.wakes_at.is_none_or(|known| at < known)
        {
            lane.wakes_at = Some(at);
            self.wake(at, Wake::Project(id));
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
                Step::Say(id, decide::unsettled(policy, now, message.expires_at))
            }
            State::Abandoned => Step::Nothing,
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

    pub(crate) fn line_up_read(&mut self, read: EventId) {
        if let Some(known) = self.backlog.reads.get(&read) {
            let project = known.key.0;
            self.lanes.entry(project).or_default().shows.push_back(read);
            self.enter_round(project);
        }
    }

    /// A project has its turn again, if it has something to do.
    pub(crate) fn enter_round(&mut self, project: ProjectId) {
        if let Some(lane) = self.lanes.get_mut(&project)
            && !lane.in_round
            && !lane.checking
            && lane.front(true).is_some()
        {
            lane.in_round = true;
            self.round.push_back(project);
        }
    }

    /// Gives out work, one job of each project after the other, as far as the limits go.
    pub(crate) fn dispatch(&mut self) {
        while self.calls < self.sender.limits.calls_max && !self.stop.is_cancelled() {
            let Some(project) = self.round.pop_front() else { return };
            if let Some(lane) = self.lanes.get_mut(&project) {
                lane.in_round = false;
                if self.turn(project) {
                    self.enter_round(project);
                }
            }
        }
    }

    /// One job of a project. False: nothing more of it can be done now, and something will bring it back.
    fn turn(&mut self, id: ProjectId) -> bool {
        let now = self.sender.clock.now();
        let known = self.sender.projects.get(id);
        let standing = standing(known.as_deref());
        let Some(lane) = self.lanes.get_mut(&id) else { return false };
        let Some(job) = lane.front(true) else { return false };
        match (standing, known) {
            (Standing::Gone, _) => {
                self.forget(id);
                return false;
            }
            (Standing::Suspended, _) => return self.turn_suspended(id),
            (Standing::Unknown | Standing::NoNumber, known) => {
                let version = known.map(|project| project.sequence);
                let asked_for = self.sequence_of(job);
                if standing == Standing::NoNumber
                    && let Some(lane) = self.lanes.get_mut(&id).filter(|lane| lane.was_checked(version, asked_for))
                {
                    lane.pop(job);
                    self.cannot(job);
                    return true;
                }
                self.check(id);
                return false;
            }
            (Standing::Able, None) => return false,
            (Standing::Able, Some(project)) => {
                if lane.calls >= self.sender.limits.project_calls_max {
                    return false;
                }
                if let Some(number) = &project.number {
                    lane.of_number(&number.phone_number_id);
                }
                let ready = lane.pace.ready_at(self.sender.limits.rate(Some(&project)), now);
                let Some(job) = lane.front(ready <= now) else {
                    self.wake_project(id, ready);
                    return false;
                };
                lane.pop(job);
                match job {
                    Job::Send(key) => self.start(key, project),
                    Job::Show(read) => self.start_show(read, project),
                }
            }
        }
        true
    }

    /// Nothing is sent; what is to be shown as read is not, and messages wait.
    fn turn_suspended(&mut self, id: ProjectId) -> bool {
        let Some(lane) = self.lanes.get_mut(&id) else { return false };
        for read in std::mem::take(&mut lane.shows) {
            self.say_read(read, Some("the project is suspended".to_owned()));
        }
        false
    }

    /// Asks the log what the project is: something final hangs on it, and what is known may be a moment old.
    fn check(&mut self, id: ProjectId) {
        let read = self.backlog.read;
        self.lanes.entry(id).or_default().checking = true;
        let projects = self.sender.projects.clone();
        self.tasks.spawn(async move { Done::Checked { project: id, read, known: projects.fresh(id).await } });
    }

    fn sequence_of(&self, job: Job) -> u64 {
        match job {
            Job::Send(key) => {
                let first = self.backlog.contacts.get(&key).and_then(|contact| contact.queue.front());
                first.and_then(|id| self.backlog.messages.get(id)).map_or(0, |message| message.requested)
            }
            Job::Show(read) => self.backlog.reads.get(&read).map_or(0, |read| read.sequence),
        }
    }

    /// The project has no number that can send.
    fn cannot(&mut self, job: Job) {
        let reason = "the project has no number that can send".to_owned();
        match job {
            Job::Send(key) => {
                if let Some(id) = self.first(key) {
                    self.unsent(key, id, Unsent::Unfit { code: "number_not_connected", reason });
                }
            }
            Job::Show(read) => self.say_read(read, Some(reason)),
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

    fn start(&mut self, key: Key, project: Arc<projects::Project>) {
        let Some(id) = self.first(key) else { return };
        let content = self.backlog.messages.get(&id).and_then(|message| message.content.clone());
        if let Some(file) = content.and_then(|content| self.missing_file(&content, &project)) {
            return self.await_file(key, id, file, project);
        }
        let (Some(message), Some(contact)) = (self.backlog.messages.get(&id), self.backlog.contacts.get_mut(&key)) else { return };
        let now = self.sender.clock.now();
        contact.busy = Some(Busy::Sending(id));
        self.calls += 1;
        let lane = self.lanes.entry(key.0).or_default();
        lane.calls += 1;
        lane.pace.take(self.sender.limits.rate(Some(&project)), now);
        self.pairs.entry(key).or_default().take(now);
        let order = Order {
            key,
            message: id,
            requested: message.requested,
            content: message.content.clone(),
            origin: Arc::clone(&message.origin),
            project,
            last: contact.last,
            attempt: message.attempt + 1,
            asked_at: message.asked_at.filter(|_| message.attempt == 0),
        };
        let (sender, stop) = (self.sender.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let sending = send::send(&sender, &order, &stop).instrument(send::span(&order)).await;
            Done::Sent { key, message: id, attempt: order.attempt, sending }
        });
    }

    fn start_show(&mut self, id: EventId, project: Arc<projects::Project>) {
        let Some(read) = self.backlog.reads.get(&id).cloned() else { return };
        self.calls += 1;
        self.lanes.entry(project.id).or_default().calls += 1;
        let sender = self.sender.clone();
        self.tasks.spawn(async move {
            let showing = show::show(&sender, &project, &read).await;
            Done::Shown { read: id, project: project.id, showing }
        });
    }
}

fn expired(doubtful: bool) -> Outcome {
    decide::ended("expired", None, "it was not sent before its time was up".to_owned(), doubtful)
}

fn count(outcome: &Outcome) {
    match outcome {
        Outcome::Accepted { .. } => metrics::counter!("sender_accepted_total").increment(1),
        Outcome::Deferred { meta_code, .. } => {
            let code = meta_code.map_or_else(|| "none".to_owned(), |code| code.to_string());
            metrics::counter!("sender_deferred_total", "code" => code).increment(1);
        }
        Outcome::Unknown { .. } => metrics::counter!("sender_unknown_total").increment(1),
        Outcome::Failed { code, .. } => metrics::counter!("sender_failed_total", "code" => *code).increment(1),
        Outcome::Abandoned { .. } => metrics::counter!("sender_abandoned_total").increment(1),
    }
}
