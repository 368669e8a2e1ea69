//! Among projects, each has its turn: one job after the other, as far as the limits go.

use std::sync::Arc;

use contract::{EventId, ProjectId, SendFailure};
use tracing::Instrument;

use crate::backlog::{Busy, Key};
use crate::lane::{Job, Standing, standing};
use crate::scheduler::{Done, Scheduler};
use crate::send::{self, Order, Unsent};
use crate::show;

impl Scheduler {
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
    pub(crate) fn check(&mut self, id: ProjectId) {
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
                    self.unsent(key, id, Unsent::Unfit { code: SendFailure::NumberNotConnected, reason });
                }
            }
            Job::Show(read) => self.say_read(read, Some(reason)),
        }
    }

    fn start(&mut self, key: Key, project: Arc<projects::Project>) {
        let Some(id) = self.first(key) else { return };
        let has_stopped = self.backlog.preferences.has_stopped(key);
        let content = self.backlog.messages.get(&id).and_then(|message| message.content.clone());
        if let Some(file) = content.and_then(|content| self.missing_file(&content, &project, has_stopped)) {
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
            has_stopped,
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
