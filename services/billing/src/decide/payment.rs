//! Money: what is asked for, and what follows from what the provider says about it.

use chrono::{DateTime, Utc};
use contract::{
    CreditsAdded, CycleExtended, CycleStarted, PaymentFailed, PaymentId, PaymentMismatched, PaymentPurpose, PaymentRequested,
    PaymentSucceeded,
};

use super::change::Change;
use super::{Outcome, Refusal};
use crate::account::{Payment, PaymentStatus};
use crate::subscription::State;
use crate::terms::Terms;

/// Payments of one project that may wait for their customer at the same time.
const OPEN_PAYMENTS_MAX: usize = 50;

pub(super) fn request_cycle(change: &mut Change, terms: &Terms, payment: PaymentId) -> Result<(), Refusal> {
    room(change)?;
    request(change, terms, payment, PaymentPurpose::Subscribe, (terms.amount_minor, 0));
    Ok(())
}

pub(super) fn request_credits(change: &mut Change, terms: &Terms, payment: PaymentId, credits: u64) -> Result<(), Refusal> {
    let pack = terms.packs.iter().find(|pack| pack.credits == credits).ok_or(Refusal::UnknownPack)?;
    room(change)?;
    request(change, terms, payment, PaymentPurpose::Credits, (pack.amount_minor, pack.credits));
    Ok(())
}

/// A charge of what is stored. One at a time: while its outcome is open, asking again changes nothing.
pub(super) fn request_resume(change: &mut Change, terms: &Terms, payment: PaymentId) -> Result<(), Refusal> {
    if change.account.charge().is_some() {
        return Ok(());
    }
    if change.account.authorisation.is_none() {
        return Err(Refusal::PaymentRequired);
    }
    request(change, terms, payment, PaymentPurpose::Resume, (terms.amount_minor, 0));
    Ok(())
}

fn request(change: &mut Change, terms: &Terms, payment: PaymentId, purpose: PaymentPurpose, (amount_minor, credits): (u64, u64)) {
    change.push(PaymentRequested { payment, purpose, amount_minor, currency: terms.currency.clone(), credits });
}

fn room(change: &Change) -> Result<(), Refusal> {
    let open = change.account.payments.values().filter(|payment| payment.status == PaymentStatus::Open).count();
    if open < OPEN_PAYMENTS_MAX { Ok(()) } else { Err(Refusal::TooManyPayments) }
}

pub(super) fn report(change: &mut Change, terms: &Terms, id: PaymentId, outcome: &Outcome, now: DateTime<Utc>) -> Result<(), Refusal> {
    let payment = change.account.payments.get(&id).cloned().ok_or(Refusal::UnknownPayment)?;
    match (outcome, payment.status) {
        // Money is credited once; what is said about it afterwards changes nothing.
        (_, PaymentStatus::Succeeded) | (Outcome::Failed { .. }, PaymentStatus::Failed | PaymentStatus::Mismatched) => {}
        (Outcome::Failed { reason }, PaymentStatus::Open) => change.push(PaymentFailed { payment: id, reason: reason.clone() }),
        // Also after a failure: a customer may try another card on the same page, and reports may overtake each other.
        (Outcome::Paid { paid_at, amount_minor, currency, sealed_authorisation }, _) => {
            if (*amount_minor, currency) == (payment.amount_minor, &payment.currency) {
                change.push(PaymentSucceeded {
                    payment: id,
                    paid_at: *paid_at,
                    amount_minor: *amount_minor,
                    currency: currency.clone(),
                    // Credits are bought with a card for this once; only who pays a cycle agrees to be charged again.
                    sealed_authorisation: sealed_authorisation.clone().filter(|_| payment.purpose != PaymentPurpose::Credits),
                });
                credit(change, terms, id, &payment, *paid_at, now);
            } else if payment.found != Some((*amount_minor, currency.clone())) {
                change.push(PaymentMismatched { payment: id, amount_minor: *amount_minor, currency: currency.clone() });
            }
        }
    }
    Ok(())
}

/// What the money buys. A cycle runs from the payment: by the provider's time of it, but neither in the future nor before the state that
/// it ends began, so that instants of the rules never go back.
fn credit(change: &mut Change, terms: &Terms, id: PaymentId, payment: &Payment, paid_at: DateTime<Utc>, now: DateTime<Utc>) {
    if payment.purpose == PaymentPurpose::Credits {
        change.push(CreditsAdded { payment: id, credits: payment.credits });
        return;
    }
    match (change.state(), change.cycle_end()) {
        // A cycle runs: it ends later. What is scheduled for its end stays scheduled for its end.
        (Some(State::Active | State::Pausing | State::Cancelling), Some(end)) => {
            change.push(CycleExtended { payment: id, ends_at: end + terms.cycle() });
        }
        (Some(State::Active | State::Pausing | State::Cancelling), None) | (None, _) => {}
        (Some(State::Trialing | State::PastDue | State::Paused | State::Cancelled | State::Expired), _) => {
            let starts_at = paid_at.min(now).max(change.since().unwrap_or(paid_at));
            change.push(CycleStarted { payment: id, starts_at, ends_at: starts_at + terms.cycle() });
        }
    }
}
