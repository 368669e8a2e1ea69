//! How much may be asked of a project. A decision reads all events of its project, and only so many can be read. So the number of events
//! that callers can add is limited; otherwise a project could become unusable.
//!
//! Deletion, billing, Meta's reports and the steps of running operations are never refused, but their events count.

use chrono::{DateTime, Utc};

use super::{Command, Refusal};
use crate::project::Project;

/// Events that a project may have had at any time.
const EVENTS_AT_ONCE: u64 = 1_000;
/// One more every hour since it was created. So the 100,000 that the journal reads of one subject take eleven years, of a project of which
/// somebody asks all that is allowed all that time.
const ONE_MORE_EVERY_S: i64 = 60 * 60;

/// Whether this is a command that somebody could send for ever. A signup, the profile and a display name are refused before Meta is asked;
/// when they come here, Meta has accepted them. An offer is answered only once, and a deletion may be tried as often as it takes.
pub(super) fn at_will(project: &Project, command: &Command) -> bool {
    match command {
        Command::Update(_)
        | Command::ConnectNumber(_)
        | Command::DisconnectNumber { .. }
        | Command::Reset { .. }
        | Command::RequestTransfer { .. } => true,
        Command::Retry => !project.leaving(),
        Command::Create { .. }
        | Command::OfferNumber { .. }
        | Command::NumberRead { .. }
        | Command::DescribeNumber(_)
        | Command::ChangeProfile { .. }
        | Command::RequestDisplayName { .. }
        | Command::DecideDisplayName(_)
        | Command::GiveUpDisplayName
        | Command::Delete { .. }
        | Command::StepDone { .. }
        | Command::StepFailed { .. }
        | Command::GivenBack { .. }
        | Command::Entitle { .. }
        | Command::AcceptTransfer { .. }
        | Command::ReturnTransfer { .. }
        | Command::DeclineTransfer { .. }
        | Command::WithdrawTransfer
        | Command::Due { .. } => false,
    }
}

/// Whether more may be asked of a project that has had so many events.
pub(crate) fn room(events: u64, project: &Project, now: DateTime<Utc>) -> Result<(), Refusal> {
    let beyond = i64::try_from((events + 1).saturating_sub(EVENTS_AT_ONCE)).unwrap_or(i64::MAX);
    let age_s = (now - project.created_at).num_seconds().max(0);
    let left_s = beyond.saturating_mul(ONE_MORE_EVERY_S).saturating_sub(age_s);
    if left_s <= 0 { Ok(()) } else { Err(Refusal::TooOften { retry_after_s: u32::try_from(left_s).unwrap_or(u32::MAX) }) }
}
