//! Everything that billing knows of a project, as its events tell it: subscription, payments, credits. Pure.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use contract::{BillingEvent, EventId, OperationId, PaymentId, PaymentPurpose, written_sum};

use crate::subscription::Subscription;

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentStatus {
    /// Nobody knows yet.
    Open,
    /// The provider has the money.
    Succeeded,
    /// The provider does not have it. It may still come: a customer tries another card on the same page.
    Failed,
    /// The provider has other money than was asked for.
    Mismatched,
}

impl PaymentStatus {
    /// As written in answers and tables.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Mismatched => "mismatched",
        }
    }
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) purpose: PaymentPurpose,
    pub(crate) amount_minor: u64,
    pub(crate) currency: String,
    pub(crate) credits: u64,
    pub(crate) status: PaymentStatus,
    /// Why it failed.
    pub(crate) reason: Option<String>,
    /// What the provider has instead of what was asked for.
    pub(crate) found: Option<(u64, String)>,
    pub(crate) requested_at: DateTime<Utc>,
    /// When the money came, by the provider; when it was found out that it did not.
    pub(crate) settled_at: Option<DateTime<Utc>>,
    /// The event that asked for it: payments are listed by it.
    pub(crate) requested_sequence: u64,
    /// The last event about it.
    pub(crate) sequence: u64,
}

impl Payment {
    /// Whether it is charged without the customer being there.
    pub(crate) const fn is_charge(&self) -> bool {
        is_charge(self.purpose)
    }
}

/// Whether such a payment is charged with the stored authorisation; the others are paid at the provider's page.
pub(crate) const fn is_charge(purpose: PaymentPurpose) -> bool {
    match purpose {
        PaymentPurpose::Renew | PaymentPurpose::Resume => true,
        PaymentPurpose::Subscribe | PaymentPurpose::Credits => false,
    }
}

/// What a project owes and has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// None: the trial has not begun.
    pub(crate) subscription: Option<Subscription>,
    /// What the provider charges again with, sealed.
    pub(crate) authorisation: Option<String>,
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
    /// AI credits that are left; below zero: used beyond what was bought.
    pub(crate) credits: i64,
    /// The operation that deletes the project.
    pub(crate) closed: Option<OperationId>,
    /// The last event.
    pub(crate) sequence: u64,
}

/// Uses of credits that were charged, by [`use_key`]: apart from the account, because they grow for ever.
pub(crate) type Uses = HashMap<EventId, u64>;

/// A use's name in few bytes.
pub(crate) fn use_key(usage: &str) -> EventId {
    EventId::derive("billing:use", &[usage])
}

impl Account {
    /// Follows one event; `time` is the envelope's.
    pub(crate) fn apply(&mut self, sequence: u64, time: DateTime<Utc>, event: &BillingEvent) {
        self.sequence = sequence;
        match event {
            BillingEvent::PaymentRequested(requested) => {
                let payment = Payment {
                    purpose: requested.purpose,
                    amount_minor: requested.amount_minor,
                    currency: requested.currency.clone(),
                    credits: requested.credits,
                    status: PaymentStatus::Open,
                    reason: None,
                    found: None,
                    requested_at: time,
                    settled_at: None,
                    requested_sequence: sequence,
                    sequence,
                };
                self.payments.insert(requested.payment, payment);
            }
            BillingEvent::PaymentSucceeded(paid) => {
                if paid.sealed_authorisation.is_some() {
                    self.authorisation.clone_from(&paid.sealed_authorisation);
                }
                self.settle(paid.payment, sequence, PaymentStatus::Succeeded, paid.paid_at, None);
            }
            BillingEvent::PaymentFailed(failed) => {
                self.settle(failed.payment, sequence, PaymentStatus::Failed, time, Some(failed.reason.clone()));
            }
            BillingEvent::PaymentMismatched(found) => {
                let reason = format!("the provider has {}", written_sum(found.amount_minor, &found.currency));
                self.settle(found.payment, sequence, PaymentStatus::Mismatched, time, Some(reason));
                if let Some(payment) = self.payments.get_mut(&found.payment) {
                    payment.found = Some((found.amount_minor, found.currency.clone()));
                }
            }
            BillingEvent::CreditsAdded(added) => self.credits = self.credits.saturating_add_unsigned(added.credits),
            BillingEvent::CreditsUsed(used) => self.credits = self.credits.saturating_sub_unsigned(used.credits),
            BillingEvent::SubscriptionClosed(closed) => self.closed = Some(closed.operation),
            BillingEvent::TrialStarted(_)
            | BillingEvent::CycleStarted(_)
            | BillingEvent::CycleExtended(_)
            | BillingEvent::PauseScheduled(_)
            | BillingEvent::CancellationScheduled(_)
            | BillingEvent::ScheduleWithdrawn(_)
            | BillingEvent::SubscriptionPastDue(_)
            | BillingEvent::ReminderDue(_)
            | BillingEvent::SubscriptionPaused(_)
            | BillingEvent::SubscriptionCancelled(_)
            | BillingEvent::SubscriptionExpired(_)
            | BillingEvent::EntitlementChanged(_) => {}
        }
        self.subscription = Subscription::fold(self.subscription.take(), event);
    }

    /// Charges whose outcome nobody knows yet.
    pub(crate) fn charge(&self) -> Option<PaymentId> {
        let open = |payment: &Payment| payment.is_charge() && payment.status == PaymentStatus::Open;
        self.payments.iter().find(|(_, payment)| open(payment)).map(|(id, _)| *id)
    }

    fn settle(&mut self, id: PaymentId, sequence: u64, status: PaymentStatus, at: DateTime<Utc>, reason: Option<String>) {
        if let Some(payment) = self.payments.get_mut(&id) {
            payment.status = status;
            payment.reason = reason;
            payment.settled_at = Some(at);
            payment.sequence = sequence;
        }
    }
}
