//! A project's lines: which of its contacts have a message that may go now, what is to be shown as read, how fast its number is, and which
//! files are uploaded.

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
    /// Contacts whose first message may go.
    pub(crate) sends: VecDeque<Key>,
    /// What is to be shown as read, which takes nothing of the number's pace.
    pub(crate) shows: VecDeque<EventId>,
    /// The last job was to show something: a message is next, if one may go.
    shown: bool,
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
    /// What is next: a message and something to be shown by turns, as far as there is both. Without `may_send` no message is.
    pub(crate) fn front(&self, may_send: bool) -> Option<Job> {
        let send = self.first_send().filter(|_| may_send).map(Job::Send);
        let show = self.shows.front().copied().map(Job::Show);
        if self.shown { send.or(show) } else { show.or(send) }
    }

    /// Takes out what [`Lane::front`] gave.
    pub(crate) fn pop(&mut self, job: Job) {
        self.shown = matches!(job, Job::Show(_));
        let of_files = self.may_upload() && !self.files.is_empty();
        match job {
            Job::Show(_) => {
                self.shows.pop_front();
            }
            Job::Send(_) if of_files => {
                self.files.pop_front();
            }
            Job::Send(_) => {
                self.sends.pop_front();
            }
        }
    }

    /// Whoever waits until a file may be uploaded, as soon as one may; else the line.
    fn first_send(&self) -> Option<Key> {
        let file = self.files.front().filter(|_| self.may_upload());
        file.or_else(|| self.sends.front()).copied()
    }

    pub(crate) fn may_upload(&self) -> bool {
        self.uploads.len() < UPLOADS_MAX
    }

    /// Nothing of the project is wanted any more. Uploads that run end by themselves, for nobody.
    pub(crate) fn forget(&mut self) {
        self.sends.clear();
        self.shows.clear();
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

#[cfg(test)]
mod tests {
    use contract::{ContactId, ProjectId};
    use ulid::Ulid;

    use super::*;

    fn key(n: u128) -> Key {
        (ProjectId::from_ulid(Ulid::from_parts(0, 0)), ContactId::from_ulid(Ulid::from_parts(0, n)))
    }

    #[test]
    fn contacts_that_wait_for_a_file_keep_their_order_however_often_is_looked() {
        let [first, second, third, other] = [1, 2, 3, 4].map(key);
        let mut lane = Lane { sends: [other].into(), files: [first, second, third].into(), ..Lane::default() };
        for _ in 0..3 {
            assert_eq!(lane.front(true), Some(Job::Send(first)));
        }
        assert_eq!(all(&mut lane), [first, second, third, other].map(Job::Send));
    }

    #[test]
    fn while_no_file_may_be_uploaded_the_line_goes_on_without_those_that_wait_for_one() {
        let [waiting, other] = [1, 2].map(key);
        let uploads = (1..).take(UPLOADS_MAX).map(|n| (MediaId::from_ulid(Ulid::from_parts(0, n)), Vec::new())).collect();
        let mut lane = Lane { sends: [other].into(), files: [waiting].into(), uploads, ..Lane::default() };
        assert_eq!(all(&mut lane), [Job::Send(other)]);
        lane.uploads.clear();
        assert_eq!(all(&mut lane), [Job::Send(waiting)]);
    }

    #[test]
    fn what_is_shown_passes_messages_that_may_not_go_and_holds_up_none_that_may() {
        let ([one, other], [seen, later, last]) = ([1, 2].map(key), [1, 2, 3].map(|n| EventId::from_ulid(Ulid::from_parts(0, n))));
        let full = || Lane { sends: [one, other].into(), shows: [seen, later, last].into(), ..Lane::default() };
        let mut lane = full();
        let by_turns = [Job::Show(seen), Job::Send(one), Job::Show(later), Job::Send(other), Job::Show(last)];
        assert_eq!(all(&mut lane), by_turns);
        let mut lane = full();
        for next in [seen, later, last].map(Job::Show) {
            assert_eq!(lane.front(false), Some(next));
            lane.pop(next);
        }
        assert_eq!((lane.front(false), lane.front(true)), (None, Some(Job::Send(one))));
    }

    fn all(lane: &mut Lane) -> Vec<Job> {
        std::iter::from_fn(|| lane.front(true).inspect(|job| lane.pop(*job))).collect()
    }
}
