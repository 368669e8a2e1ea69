//! Timers: which contacts, projects and read receipts have to be looked at again at which time.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use contract::{EventId, MessageId, ProjectId};

use super::Scheduler;
use crate::backlog::{Key, State};

/// What is looked at again at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wake {
    Contact(Key),
    Project(ProjectId),
    Show(EventId),
    /// What the log did not take.
    Refused,
}

impl Scheduler {
    /// When that is next.
    pub(super) fn next_time(&self) -> Option<DateTime<Utc>> {
        if !self.live {
            return None;
        }
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        let expiry = self.backlog.expiries.first().map(|(at, _)| *at);
        timer.into_iter().chain(expiry).min()
    }

    /// The next deadline, to be announced: the time at which a message expires. Trying something again is no deadline. While tasks are
    /// running, the deadline is now.
    pub(super) fn next_deadline(&self) -> Option<DateTime<Utc>> {
        if !self.tasks.is_empty() {
            return Some(self.sender.clock.now());
        }
        self.backlog.expiries.first().map(|(at, _)| *at)
    }

    /// It is time for some of it.
    pub(super) fn on_time(&mut self) {
        let now = self.sender.clock.now();
        while let Some(Reverse((at, wake))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            match wake {
                Wake::Contact(key) => {
                    if let Some(contact) = self.backlog.contacts.get_mut(&key).filter(|contact| contact.wakes_at == Some(at)) {
                        contact.wakes_at = None;
                    }
                    self.look(key);
                }
                Wake::Project(project) => {
                    if let Some(lane) = self.lanes.get_mut(&project).filter(|lane| lane.wakes_at == Some(at)) {
                        lane.wakes_at = None;
                    }
                    self.enter_round(project);
                }
                Wake::Show(read) => self.line_up_read(read),
                Wake::Refused => self.say_refused(),
            }
        }
        while let Some((at, id)) = self.backlog.expiries.first().copied()
            && at <= now
        {
            self.backlog.expiries.remove(&(at, id));
            self.on_expired(id);
        }
    }

    fn on_expired(&mut self, id: MessageId) {
        let Some(message) = self.backlog.messages.get(&id) else { return };
        let key = message.key;
        if message.state == State::Abandoned {
            self.backlog.forget(id);
        } else if let Some(contact) = self.backlog.contacts.get_mut(&key) {
            contact.overdue.push_back(id);
            self.look(key);
        }
    }

    pub(crate) fn wake(&mut self, at: DateTime<Utc>, wake: Wake) {
        self.timers.push(Reverse((at, wake)));
    }

    /// However often it is asked for, a contact has one time at which it wakes; an earlier one is added.
    pub(crate) fn wake_contact(&mut self, key: Key, at: DateTime<Utc>) {
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
}
