//! A project's line: which of its contacts have a message that may go now, and how fast its number is.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use contract::EventId;
use projects::{Life, Number, Project};

use crate::backlog::Key;
use crate::pace::NumberPace;

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
