//! The numbers that a project ever had or was offered, and when it had them: what reached them in that time is the project's, and what has
//! reached them since, as long as nobody else has them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{Event, NumberReleased, ProjectEvent, ProjectId, Recorded, Stream, Subject};

use crate::error::Error;
use crate::number::MetaId;
use crate::{Lifecycle, store};

/// A time during which a number was the project's, half-open; no end: until its deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) from: DateTime<Utc>,
    pub(super) until: Option<DateTime<Utc>>,
}

/// One number.
#[derive(Debug, Default)]
pub(super) struct OneNumber {
    /// When it was the project's.
    pub(super) held: Vec<Held>,
    /// Whether no other project ever had it or was connecting it, when it was looked.
    pub(super) only_ours: bool,
    /// Since when nobody has it, if the project was the last that had it and nobody was connecting it, when it was looked.
    pub(super) free_since: Option<DateTime<Utc>>,
    /// What people dial, digits alone: some webhooks name a number only so.
    pub(super) dialled: Vec<String>,
}

/// How far two streams were before it was looked who has the numbers. Whoever took one since had nothing there up to these sequences.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Through {
    pub(super) webhook: u64,
    pub(super) parked: u64,
}

/// All of them, by Meta's id, and the business accounts that they belonged to.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) by_id: BTreeMap<String, OneNumber>,
    pub(super) accounts: Vec<String>,
    pub(super) through: Through,
}

impl Numbers {
    /// From the project's own events and from the claims on its numbers.
    pub(super) async fn of(lifecycle: &Lifecycle, project: ProjectId) -> Result<Self, Error> {
        let mut numbers = Self::default();
        for recorded in lifecycle.journal.entity(&Subject::project(project)).await? {
            numbers.hear(recorded.time, &ProjectEvent::read(&recorded)?);
        }
        numbers.look_who_has_them(lifecycle, project).await?;
        Ok(numbers)
    }

    /// Asks the claims who else has them, or had them.
    pub(super) async fn look_who_has_them(&mut self, lifecycle: &Lifecycle, project: ProjectId) -> Result<(), Error> {
        let journal = &lifecycle.journal;
        // Before the claims are read: what comes later may be of somebody who claims a number after that.
        let (webhook, parked) = (journal.state(Stream::Webhook).await?.last, journal.state(Stream::Parked).await?.last);
        self.through = Through { webhook, parked };
        for (id, number) in &mut self.by_id {
            let Ok(id) = id.parse::<MetaId>() else { continue };
            let recorded = journal.entity(&id.claim()).await?;
            let claims = recorded.iter().map(ProjectEvent::read).collect::<Result<Vec<_>, _>>()?;
            // Whoever signs it up hears of it before they claim it.
            if store::connecting_elsewhere(&lifecycle.pool, id.as_str(), project).await? {
                continue;
            }
            number.only_ours = claims.iter().all(|claim| is_of(claim, project));
            if let (Some(ProjectEvent::NumberReleased(NumberReleased { project: last })), Some(recorded)) = (claims.last(), recorded.last())
                && *last == project
            {
                number.free_since = Some(recorded.time);
            }
        }
        Ok(())
    }

    fn hear(&mut self, at: DateTime<Utc>, event: &ProjectEvent) {
        match event {
            ProjectEvent::NumberConnected(connected) => {
                let number = self.by_id.entry(connected.phone_number_id.clone()).or_default();
                if number.held.last().is_none_or(|held| held.until.is_some()) {
                    number.held.push(Held { from: at, until: None });
                }
                let dialled = connected.display_phone_number.iter().map(|text| digits(text));
                number.dialled.extend(dialled.filter(|digits| digits.len() >= DIALLED_DIGITS_MIN));
                self.accounts.extend(connected.waba_id.clone());
            }
            ProjectEvent::NumberDisconnected(gone) => {
                if let Some(held) = self.by_id.get_mut(&gone.phone_number_id).and_then(|number| number.held.last_mut()) {
                    held.until.get_or_insert(at);
                }
            }
            // It may have been registered, and never connected: what it heard then is nobody else's.
            ProjectEvent::NumberOffered(offered) => {
                self.by_id.entry(offered.phone_number_id.clone()).or_default();
                self.accounts.push(offered.waba_id.clone());
            }
            ProjectEvent::ProjectCreated(_)
            | ProjectEvent::ProjectReady(_)
            | ProjectEvent::ProjectFailed(_)
            | ProjectEvent::ProjectUpdated(_)
            | ProjectEvent::ProjectSuspended(_)
            | ProjectEvent::ProjectRestored(_)
            | ProjectEvent::ProjectTransferred(_)
            | ProjectEvent::ProjectErased(_)
            | ProjectEvent::TransferRequested(_)
            | ProjectEvent::TransferEnded(_)
            | ProjectEvent::OperationStarted(_)
            | ProjectEvent::OperationStepCompleted(_)
            | ProjectEvent::OperationFailed(_)
            | ProjectEvent::OperationRetried(_)
            | ProjectEvent::OperationCompleted(_)
            | ProjectEvent::NumberDescribed(_)
            | ProjectEvent::NumberClaimed(_)
            | ProjectEvent::NumberReleased(_)
            | ProjectEvent::BusinessProfileChanged(_)
            | ProjectEvent::DisplayNameRequested(_)
            | ProjectEvent::DisplayNameDecided(_)
            | ProjectEvent::DataKeyCreated(_)
            | ProjectEvent::SendingPolicySet(_) => {}
        }
    }
}

impl OneNumber {
    /// Whether what a stream says of the number is the project's. `through`: how far the stream was when it was looked who has the number.
    pub(super) fn is_ours(&self, said: &Recorded, through: u64) -> bool {
        let so_far = said.sequence <= through;
        let while_it_is_free = self.free_since.is_some_and(|since| since <= said.time);
        if self.only_ours { so_far } else { self.was_ours(said.time) || (so_far && while_it_is_free) }
    }

    /// Whether what reached the number at `time` was the project's.
    fn was_ours(&self, time: DateTime<Utc>) -> bool {
        self.held.iter().any(|held| held.from <= time && held.until.is_none_or(|until| time < until))
    }
}

/// Fewer digits would be found in texts that have nothing to do with the number.
const DIALLED_DIGITS_MIN: usize = 7;

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a claim, or its end, is by `project`.
pub(super) fn is_of(claim: &ProjectEvent, project: ProjectId) -> bool {
    match claim {
        ProjectEvent::NumberClaimed(claimed) => claimed.project == project,
        ProjectEvent::NumberReleased(released) => released.project == project,
        ProjectEvent::ProjectCreated(_)
        | ProjectEvent::ProjectReady(_)
        | ProjectEvent::ProjectFailed(_)
        | ProjectEvent::ProjectUpdated(_)
        | ProjectEvent::ProjectSuspended(_)
        | ProjectEvent::ProjectRestored(_)
        | ProjectEvent::ProjectTransferred(_)
        | ProjectEvent::ProjectErased(_)
        | ProjectEvent::TransferRequested(_)
        | ProjectEvent::TransferEnded(_)
        | ProjectEvent::OperationStarted(_)
        | ProjectEvent::OperationStepCompleted(_)
        | ProjectEvent::OperationFailed(_)
        | ProjectEvent::OperationRetried(_)
        | ProjectEvent::OperationCompleted(_)
        | ProjectEvent::NumberOffered(_)
        | ProjectEvent::NumberConnected(_)
        | ProjectEvent::NumberDescribed(_)
        | ProjectEvent::NumberDisconnected(_)
        | ProjectEvent::BusinessProfileChanged(_)
        | ProjectEvent::DisplayNameRequested(_)
        | ProjectEvent::DisplayNameDecided(_)
        | ProjectEvent::DataKeyCreated(_)
        | ProjectEvent::SendingPolicySet(_) => false,
    }
}
