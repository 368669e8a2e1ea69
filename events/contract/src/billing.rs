//! What a project owes and what it may do for it: subscription, payments, AI credits.
//!
//! Times in the data are exact instants of the rules; the envelope's time is when they were found out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::{OperationId, PaymentId};

events! {
    /// What billing says, on `billing.<prj>`.
    BillingEvent {
        TrialStarted = "billing.trial_started.v1",
        PaymentRequested = "billing.payment_requested.v1",
        PaymentSucceeded = "billing.payment_succeeded.v1",
        PaymentFailed = "billing.payment_failed.v1",
        PaymentMismatched = "billing.payment_mismatched.v1",
        CycleStarted = "billing.cycle_started.v1",
        CycleExtended = "billing.cycle_extended.v1",
        PauseScheduled = "billing.pause_scheduled.v1",
        CancellationScheduled = "billing.cancellation_scheduled.v1",
        ScheduleWithdrawn = "billing.schedule_withdrawn.v1",
        SubscriptionPastDue = "billing.subscription_past_due.v1",
        ReminderDue = "billing.reminder_due.v2",
        SubscriptionPaused = "billing.subscription_paused.v1",
        SubscriptionCancelled = "billing.subscription_cancelled.v1",
        SubscriptionExpired = "billing.subscription_expired.v1",
        EntitlementChanged = "billing.entitlement_changed.v1",
        CreditsAdded = "billing.credits_added.v1",
        CreditsUsed = "billing.credits_used.v1",
        SubscriptionClosed = "billing.subscription_closed.v1",
    }
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentPurpose {
    /// A cycle, paid by the customer at the provider's page.
    Subscribe,
    /// The next cycle, charged when one ends.
    Renew,
    /// A new cycle after the last one ended, charged because the customer asked to go on.
    Resume,
    /// AI credits.
    Credits,
}

/// What the project may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entitlement {
    /// Everything.
    Live,
    /// Its bot answers nothing and nothing is sent.
    Suspended,
}

/// The trial runs, half-open `[starts_at, ends_at)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialStarted {
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
}

/// A payment is expected; the provider knows it by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRequested {
    /// The payment, also the provider's reference.
    pub payment: PaymentId,
    /// What for.
    pub purpose: PaymentPurpose,
    /// In minor units of the currency.
    pub amount_minor: u64,
    /// ISO 4217.
    pub currency: String,
    /// How many credits it buys; 0 unless it is for credits.
    pub credits: u64,
}

/// The provider has the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentSucceeded {
    /// The payment.
    pub payment: PaymentId,
    /// When, by the provider.
    pub paid_at: DateTime<Utc>,
    /// In minor units of the currency.
    pub amount_minor: u64,
    /// ISO 4217.
    pub currency: String,
    /// What the provider charges again with, sealed under the project's data key; absent: it cannot be charged again.
    pub sealed_authorisation: Option<String>,
}

/// The provider does not have the money and will not get it for this payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFailed {
    /// The payment.
    pub payment: PaymentId,
    /// Why, in the provider's words.
    pub reason: String,
}

/// The provider has other money for this payment than was asked for. Nothing is credited; someone must look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMismatched {
    /// The payment.
    pub payment: PaymentId,
    /// What the provider has, in minor units of its currency.
    pub amount_minor: u64,
    /// ISO 4217.
    pub currency: String,
}

/// A paid cycle runs, half-open `[starts_at, ends_at)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleStarted {
    /// The payment that paid it.
    pub payment: PaymentId,
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
}

/// A cycle was paid while one still runs: that one ends later, so that nothing paid is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleExtended {
    /// The payment that paid it.
    pub payment: PaymentId,
    /// First instant after the cycle from now on. What is scheduled for its end moves with it.
    pub ends_at: DateTime<Utc>,
}

/// The subscription pauses when the paid cycle ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseScheduled {
    /// When.
    pub at: DateTime<Utc>,
}

/// The subscription ends when the paid cycle ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationScheduled {
    /// When.
    pub at: DateTime<Utc>,
}

/// What was scheduled does not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleWithdrawn {}

/// A cycle ended and the next is not paid: the time of grace runs, half-open `[since, grace_ends_at)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionPastDue {
    /// First instant.
    pub since: DateTime<Utc>,
    /// First instant after it: the project is suspended then.
    pub grace_ends_at: DateTime<Utc>,
}

/// The customer is reminded of what is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderDue {
    /// 1 is the first.
    pub number: u32,
    /// When it was due.
    pub at: DateTime<Utc>,
    /// What is due; absent: it was said before that was told with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed: Option<Owed>,
}

/// What a project owes, and until when it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// In minor units of the currency.
    pub amount_minor: u64,
    /// ISO 4217.
    pub currency: String,
    /// First instant after the time of grace: the project is suspended then.
    pub grace_ends_at: DateTime<Utc>,
}

/// A scheduled pause began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionPaused {
    /// When.
    pub at: DateTime<Utc>,
}

/// A scheduled cancellation took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionCancelled {
    /// When.
    pub at: DateTime<Utc>,
}

/// The trial or the time of grace ended unpaid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionExpired {
    /// When.
    pub at: DateTime<Utc>,
}

/// The project may do more, or less, than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementChanged {
    /// What it may do from then on.
    pub entitlement: Entitlement,
    /// From when on, to the instant.
    pub at: DateTime<Utc>,
}

/// AI credits were bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditsAdded {
    /// The payment that paid them.
    pub payment: PaymentId,
    /// How many.
    pub credits: u64,
}

/// AI credits were used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditsUsed {
    /// Names the use: the same one is charged once.
    pub usage: String,
    /// How many.
    pub credits: u64,
    /// What for, for people.
    pub what: String,
}

/// The project is being deleted: nothing is charged any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionClosed {
    /// The operation that deletes it.
    pub operation: OperationId,
}
