//! The rules of billing, pure: an account, a command, the time → events, or no. The table of all transitions is in `README.md`, made by
//! these functions and compared by a test.
//!
//! Whatever is asked, first everything that is due by then happens, in order and with its exact instants: so it makes no difference
//! whether a deadline was noticed in time.

mod change;
mod credits;
mod due;
mod payment;

use chrono::{DateTime, Utc};
use contract::{
    BillingEvent, CancellationScheduled, OperationId, PauseScheduled, PaymentId, ScheduleWithdrawn, SubscriptionClosed, TrialStarted,
};

use crate::account::{Account, Uses};
use crate::subscription::State;
use crate::terms::Terms;
use crate::usage::Use;
use change::Change;

/// What is asked of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// The project was created then.
    StartTrial { created_at: DateTime<Utc> },
    /// Time has come to here.
    Wake { until: DateTime<Utc> },
    /// The customer is about to pay a cycle at the provider's page.
    RequestPayment { payment: PaymentId },
    /// The customer is about to pay credits there.
    RequestCredits { payment: PaymentId, credits: u64 },
    /// What the provider says about a payment.
    Report { payment: PaymentId, outcome: Outcome },
    /// Pause at the end of the paid cycle.
    Pause,
    /// End at the end of the paid cycle.
    Cancel,
    /// Take back what is scheduled.
    Withdraw,
    /// Go on. `payment` is charged if it takes a payment.
    Resume { payment: PaymentId },
    /// Charge a use of credits, once.
    ChargeUse { used: Use },
    /// The project is being deleted.
    Close { operation: OperationId },
}

/// What became of a payment, by the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It has this money.
    Paid { paid_at: DateTime<Utc>, amount_minor: u64, currency: String, sealed_authorisation: Option<String> },
    /// It does not.
    Failed { reason: String },
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The project is not there, or its trial has not begun.
    #[error("no such project, or its trial has not begun")]
    NoSubscription,
    /// The project is being deleted.
    #[error("the project is being deleted: nothing is charged any more")]
    Closed,
    /// Nothing is paid whose end could be waited for.
    #[error("no paid cycle runs: there is nothing to pause or to cancel")]
    NoPaidCycle,
    /// The other change is scheduled.
    #[error("another change is scheduled for the end of the cycle: withdraw it first")]
    AlreadyScheduled,
    /// There is nothing to take back.
    #[error("nothing is scheduled")]
    NothingScheduled,
    /// It takes a payment, and there is nothing to charge.
    #[error("nothing is stored that could be charged; pay at the provider's page, POST …/subscription/pay")]
    PaymentRequired,
    /// No such payment was asked for.
    #[error("no such payment")]
    UnknownPayment,
    /// Too many payments wait for their customer.
    #[error("too many payments are open already; pay at one of their pages, or wait a day, after which they are forgotten")]
    TooManyPayments,
    /// There is no such pack.
    #[error("no pack has so many credits")]
    UnknownPack,
    /// The use was charged with another number of credits.
    #[error("this use was charged before, with another number of credits")]
    UseReused,
}

/// What follows. What was due happens also when the answer is no.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    pub(crate) events: Vec<BillingEvent>,
    pub(crate) refused: Option<Refusal>,
}

/// Decides. `now` is the clock's time.
pub(crate) fn decide(account: &Account, uses: &Uses, command: &Command, terms: &Terms, now: DateTime<Utc>) -> Decision {
    let mut change = Change::new(account);
    let until = if let Command::Wake { until } = command { *until } else { now };
    due::settle(&mut change, terms, until);
    let refused = carry_out(&mut change, uses, command, terms, now).err();
    // What was asked may have made something due, such as a reminder of a charge that failed.
    due::settle(&mut change, terms, until);
    Decision { events: change.events, refused }
}

fn carry_out(change: &mut Change, uses: &Uses, command: &Command, terms: &Terms, now: DateTime<Utc>) -> Result<(), Refusal> {
    match command {
        Command::StartTrial { created_at } => {
            if change.account.subscription.is_none() && change.account.closed.is_none() {
                change.push(TrialStarted { starts_at: *created_at, ends_at: *created_at + terms.trial() });
            }
            return Ok(());
        }
        Command::Close { operation } => {
            if change.account.closed != Some(*operation) {
                change.push(SubscriptionClosed { operation: *operation });
            }
            return Ok(());
        }
        // Time asks for nothing but what is due.
        Command::Wake { .. } => return Ok(()),
        Command::RequestPayment { .. }
        | Command::RequestCredits { .. }
        | Command::Report { .. }
        | Command::Pause
        | Command::Cancel
        | Command::Withdraw
        | Command::Resume { .. }
        | Command::ChargeUse { .. } => {}
    }
    if change.account.closed.is_some() {
        return Err(Refusal::Closed);
    }
    let state = change.state().ok_or(Refusal::NoSubscription)?;
    match command {
        Command::StartTrial { .. } | Command::Close { .. } | Command::Wake { .. } => Ok(()),
        Command::RequestPayment { payment } => payment::request_cycle(change, terms, *payment),
        Command::RequestCredits { payment, credits } => payment::request_credits(change, terms, *payment, *credits),
        Command::Report { payment, outcome } => payment::report(change, terms, *payment, outcome, now),
        Command::Pause => schedule(change, state, State::Pausing),
        Command::Cancel => schedule(change, state, State::Cancelling),
        Command::Withdraw => withdraw(change, state),
        Command::Resume { payment } => resume(change, state, terms, *payment),
        Command::ChargeUse { used } => credits::charge(change, uses, used),
    }
}

/// Pause or cancel, at the end of the paid cycle.
fn schedule(change: &mut Change, state: State, wanted: State) -> Result<(), Refusal> {
    if state == wanted {
        return Ok(());
    }
    let at = change.cycle_end().filter(|_| state.is_paid()).ok_or(Refusal::NoPaidCycle)?;
    if state != State::Active {
        return Err(Refusal::AlreadyScheduled);
    }
    match wanted {
        State::Pausing => change.push(PauseScheduled { at }),
        State::Cancelling => change.push(CancellationScheduled { at }),
        State::Trialing | State::Active | State::PastDue | State::Paused | State::Cancelled | State::Expired => {}
    }
    Ok(())
}

fn withdraw(change: &mut Change, state: State) -> Result<(), Refusal> {
    match state {
        State::Pausing | State::Cancelling => {
            change.push(ScheduleWithdrawn {});
            Ok(())
        }
        State::Trialing | State::Active | State::PastDue | State::Paused | State::Cancelled | State::Expired => {
            Err(Refusal::NothingScheduled)
        }
    }
}

/// While a cycle runs, going on costs nothing and moves nothing. Afterwards it takes a payment.
fn resume(change: &mut Change, state: State, terms: &Terms, payment: PaymentId) -> Result<(), Refusal> {
    match state {
        State::Trialing | State::Active => Ok(()),
        State::Pausing | State::Cancelling => withdraw(change, state),
        State::PastDue | State::Paused | State::Cancelled | State::Expired => payment::request_resume(change, terms, payment),
    }
}

#[cfg(test)]
mod compare;
#[cfg(test)]
#[path = "../tests/billing/model.rs"]
mod model;
#[cfg(test)]
#[path = "../tests/billing/ops.rs"]
mod ops;
#[cfg(test)]
mod story;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
