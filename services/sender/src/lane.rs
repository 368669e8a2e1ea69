//! A project's line: which of its contacts have a message that may go now, how fast its number is, and which files are uploaded.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};
use contract::{EventId, MediaId, MessageId};
use projects::{Life, Number, Project};

use crate::backlog::Key;
use crate::pace::NumberPace;

/// Files of one project on their way to Meta at once.
const UPLOADS_MAX: usize = 2;

/// What waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// The first message of a contact.
    Send(Key),
    /// Showing a message as read.
    Show(EventId),
}

/// One project's share of the work.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    pub(crate) jobs: VecDeque<Job>,
    /// Calls that run.
    pub(crate) calls: usize,
    /// Files that are being uploaded, and the messages that wait for each.
    pub(crate) uploads: HashMap<MediaId, Vec<(Key, MessageId)>>,
    /// Contacts whose first message waits until another file may be uploaded.
    pub(crate) files: VecDeque<Key>,
    /// It is in the round.
    pub(crate) in_round: bool,
    /// The log is being asked what the project is.
    pub(crate) checking: bool,
    /// That the log was asked: what it said (a version of the project), and how far conversations were read then.
    pub(crate) checked: Option<(u64, u64)>,
    pub(crate) pace: NumberPace,
    /// When it is its turn again by itself.
    pub(crate) wakes_at: Option<DateTime<Utc>>,
    /// Whose pace that is.
    pub(crate) number: Option<String>,
}

/// What may be done for a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing any more: it goes, or is gone.
    Gone,
    /// It is not known: the log is asked.
    Unknown,
    /// It has no number that can send, as far as is known: final only if the log was asked.
    NoNumber,
    /// Not now.
    Suspended,
    /// Everything.
    Able,
}

/// What may be done for a project, as it is known.
pub(crate) fn standing(project: Option<&Project>) -> Standing {
    let Some(project) = project else { return Standing::Unknown };
    let able = project.number.as_ref().is_some_and(|number: &Number| number.sealed_token.is_some());
    match project.life {
        Life::Leaving => Standing::Gone,
        Life::Provisioning | Life::Ready | Life::Failed if project.suspended => Standing::Suspended,
        Life::Provisioning | Life::Ready | Life::Failed if able => Standing::Able,
        Life::Provisioning | Life::Ready | Life::Failed => Standing::NoNumber,
    }
}

impl Lane {
    /// What is next: whoever waits until a file may be uploaded, as soon as one may; else the line.
    pub(crate) fn front(&mut self) -> Option<Job> {
        if self.may_upload()
            && let Some(key) = self.files.pop_front()
        {
            self.jobs.push_front(Job::Send(key));
        }
        self.jobs.front().copied()
    }

    /// Whether there is something to be done.
    pub(crate) fn has_work(&self) -> bool {
        !self.jobs.is_empty() || (self.may_upload() && !self.files.is_empty())
    }

    pub(crate) fn may_upload(&self) -> bool {
        self.uploads.len() < UPLOADS_MAX
    }

    /// Nothing of the project is wanted any more. Uploads that run end by themselves, for nobody.
    pub(crate) fn forget(&mut self) {
        self.jobs.clear();
        self.files.clear();
        self.uploads.values_mut().for_each(Vec::clear);
    }

    /// Whether nothing of it runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.calls == 0 && self.uploads.is_empty() && !self.checking && !self.in_round
    }

    /// The pace belongs to a number: another one starts anew.
    pub(crate) fn of_number(&mut self, phone_number_id: &str) {
        if self.number.as_deref() != Some(phone_number_id) {
            self.number = Some(phone_number_id.to_owned());
            self.pace = NumberPace::default();
        }
    }

    /// Whether the log was asked about a project of this version, after everything up to `sequence` was read.
    pub(crate) fn was_checked(&self, version: Option<u64>, sequence: u64) -> bool {
        self.checked.is_some_and(|(known, read)| Some(known) == version && read >= sequence)
    }
}
