//! What happens by itself: the next thing that is due for an account, and when exactly. Pure.

use chrono::{DateTime, Utc};

use crate::account::Account;
use crate::subscription::State;
use crate::terms::Terms;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// The trial is over.
    TrialEnd,
    /// The paid cycle is over.
    CycleEnd,
    /// The owner is reminded.
    Reminder,
    /// The time of grace is over.
    GraceEnd,
}

/// The next thing that is due, and its instant. At that instant it is due: spans are half-open.
///
/// While a subscription is past due and a charge is open, nothing is due: nobody is reminded of what is being charged, or suspended because
/// the provider has not answered. When the charge has failed, what was due meanwhile happens, each at its own instant.
pub(crate) fn next(account: &Account, terms: &Terms) -> Option<(DateTime<Utc>, Due)> {
    if account.closed.is_some() {
        return None;
    }
    let subscription = account.subscription.as_ref()?;
    match subscription.state {
        State::Trialing => Some((subscription.trial.ends_at, Due::TrialEnd)),
        State::Active | State::Pausing | State::Cancelling => subscription.cycle.map(|cycle| (cycle.ends_at, Due::CycleEnd)),
        State::PastDue if account.charge().is_some() => None,
        State::PastDue => {
            let grace = subscription.grace?;
            let reminder = terms.reminder(grace.reminders).map(|after| grace.span.starts_at + after);
            let reminder = reminder.filter(|at| *at < grace.span.ends_at);
            Some(reminder.map_or((grace.span.ends_at, Due::GraceEnd), |at| (at, Due::Reminder)))
        }
        State::Paused | State::Cancelled | State::Expired => None,
    }
}
