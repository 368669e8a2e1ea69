//! What happens by itself when its time has come: the ends of trial, cycle and grace, and reminders.

use chrono::{DateTime, Utc};
use contract::{
    EventId, Owed, PaymentId, PaymentPurpose, PaymentRequested, ReminderDue, SubscriptionCancelled, SubscriptionExpired,
    SubscriptionPastDue, SubscriptionPaused,
};

use super::change::Change;
use crate::deadline::{self, Due};
use crate::subscription::State;
use crate::terms::Terms;

/// Lets everything happen that is due until then, in order.
pub(super) fn settle(change: &mut Change, terms: &Terms, until: DateTime<Utc>) {
    // Each step leaves its state or counts a reminder, so it ends: no state comes back without a payment.
    while let Some((at, due)) = deadline::next(&change.account, terms).filter(|(at, _)| *at <= until) {
        match due {
            Due::TrialEnd | Due::GraceEnd => change.push(SubscriptionExpired { at }),
            Due::Reminder => remind(change, terms, at),
            Due::CycleEnd => end_cycle(change, terms, at),
        }
    }
}

fn remind(change: &mut Change, terms: &Terms, at: DateTime<Utc>) {
    let grace = change.account.subscription.as_ref().and_then(|subscription| subscription.grace);
    let owed =
        grace.map(|grace| Owed { amount_minor: terms.amount_minor, currency: terms.currency.clone(), grace_ends_at: grace.span.ends_at });
    change.push(ReminderDue { number: grace.map_or(0, |grace| grace.reminders) + 1, at, owed });
}

fn end_cycle(change: &mut Change, terms: &Terms, at: DateTime<Utc>) {
    match change.state() {
        Some(State::Pausing) => change.push(SubscriptionPaused { at }),
        Some(State::Cancelling) => change.push(SubscriptionCancelled { at }),
        Some(State::Active) => {
            change.push(SubscriptionPastDue { since: at, grace_ends_at: at + terms.grace() });
            if change.account.authorisation.is_some() {
                change.push(PaymentRequested {
                    payment: renewal(change, at),
                    purpose: PaymentPurpose::Renew,
                    amount_minor: terms.amount_minor,
                    currency: terms.currency.clone(),
                    credits: 0,
                });
            }
        }
        Some(State::Trialing | State::PastDue | State::Paused | State::Cancelled | State::Expired) | None => {}
    }
}

/// The payment that renews the cycle which ended at `at`: one cycle, one renewal, whoever notices and how often. A cycle is named by the
/// payment that began it, which is of this project alone.
fn renewal(change: &Change, at: DateTime<Utc>) -> PaymentId {
    let began = change.account.subscription.as_ref().and_then(|subscription| subscription.cycle_payment);
    let began = began.map(|payment| payment.to_string()).unwrap_or_default();
    PaymentId::from_ulid(EventId::derive("billing:renewal", &[&began, &at.timestamp_micros().to_string()]).ulid())
}
