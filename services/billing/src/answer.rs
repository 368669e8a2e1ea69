//! Subscriptions and payments as callers see them.

use chrono::{DateTime, Utc};
use contract::{Entitlement, PaymentId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::account::Account;
use crate::decide::Refusal;
use crate::store::{PaymentRow, purpose_name};
use crate::subscription::{Span, State, Subscription, entitlement};
use crate::terms::{Pack, Terms};

/// A project's subscription.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionAnswer {
    #[schema(example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    project_id: String,
    /// `trialing`, `active`, `pausing`, `cancelling`, `past_due`, `paused`, `cancelled` or `expired`.
    #[schema(example = "active")]
    state: &'static str,
    /// `live`, or `suspended`: the bot answers nothing and nothing is sent. It follows from the state.
    #[schema(example = "live")]
    entitlement: &'static str,
    /// Since when a cycle, a trial, a grace or a suspension runs.
    since: DateTime<Utc>,
    trial: SpanAnswer,
    /// The paid cycle that runs, or the last one.
    cycle: Option<SpanAnswer>,
    /// What happens at the cycle's end instead of a renewal.
    scheduled: Option<ScheduledAnswer>,
    /// While past due.
    grace: Option<GraceAnswer>,
    /// What is charged by itself, if nothing changes.
    next_charge: Option<ChargeAnswer>,
    /// A charge whose outcome is open.
    #[schema(example = "pay_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    charging: Option<String>,
    /// Whether renewals can be charged without the customer being there.
    can_charge: bool,
    plan: PlanAnswer,
    /// The project is being deleted: nothing is charged any more.
    closed: bool,
}

/// A stretch of time: `starts_at` is in it, `ends_at` is not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpanAnswer {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// A change that is to come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduledAnswer {
    /// `pause` or `cancel`.
    change: &'static str,
    at: DateTime<Utc>,
}

/// The time in which an unpaid project stays live.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraceAnswer {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// How often its owner was reminded.
    reminders: u32,
}

/// A charge that is to come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChargeAnswer {
    at: DateTime<Utc>,
    /// In minor units of the currency.
    amount_minor: u64,
    /// ISO 4217.
    currency: String,
}

/// What a cycle costs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanAnswer {
    /// In minor units of the currency.
    #[schema(example = 57_000)]
    amount_minor: u64,
    /// ISO 4217.
    #[schema(example = "ZAR")]
    currency: String,
    /// How long a cycle lasts, in days of 24 hours.
    cycle_days: u32,
}

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentAnswer {
    /// Also its reference at the payment provider, with `-` for `_`.
    #[schema(example = "pay_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    /// `subscribe`, `renew`, `resume` or `credits`.
    purpose: String,
    /// In minor units of the currency.
    amount_minor: u64,
    /// ISO 4217.
    currency: String,
    /// How many credits it buys.
    credits: u64,
    /// `open`, `succeeded`, `failed`, or `mismatched`: the provider has other money than was asked for.
    status: String,
    /// Why it failed or what does not match.
    reason: Option<String>,
    requested_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

/// A payment that its customer makes at the provider's page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageAnswer {
    payment: PaymentAnswer,
    /// Where the customer pays.
    authorization_url: String,
}

/// Credits that are bought together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PackAnswer {
    credits: u64,
    /// In minor units of the currency.
    amount_minor: u64,
    /// ISO 4217.
    currency: String,
}

/// As written in answers and tables.
pub(crate) const fn entitlement_name(entitlement: Entitlement) -> &'static str {
    match entitlement {
        Entitlement::Live => "live",
        Entitlement::Suspended => "suspended",
    }
}

impl SubscriptionAnswer {
    pub(crate) fn of(project: ProjectId, account: &Account, terms: &Terms) -> Result<Self, Refusal> {
        let subscription = account.subscription.as_ref().ok_or(Refusal::NoSubscription)?;
        Ok(Self {
            project_id: project.to_string(),
            state: subscription.state.as_str(),
            entitlement: entitlement_name(entitlement(subscription.state)),
            since: subscription.since,
            trial: SpanAnswer::of(subscription.trial),
            cycle: subscription.cycle.map(SpanAnswer::of),
            scheduled: scheduled(subscription),
            grace: subscription.grace.map(|grace| GraceAnswer {
                starts_at: grace.span.starts_at,
                ends_at: grace.span.ends_at,
                reminders: grace.reminders,
            }),
            next_charge: next_charge(account, subscription, terms),
            charging: account.charge().map(|payment| payment.to_string()),
            can_charge: account.authorisation.is_some(),
            plan: PlanAnswer { amount_minor: terms.amount_minor, currency: terms.currency.clone(), cycle_days: terms.cycle_days },
            closed: account.closed.is_some(),
        })
    }
}

impl SpanAnswer {
    fn of(span: Span) -> Self {
        Self { starts_at: span.starts_at, ends_at: span.ends_at }
    }
}

fn scheduled(subscription: &Subscription) -> Option<ScheduledAnswer> {
    let change = match subscription.state {
        State::Pausing => "pause",
        State::Cancelling => "cancel",
        State::Trialing | State::Active | State::PastDue | State::Paused | State::Cancelled | State::Expired => return None,
    };
    subscription.cycle.map(|cycle| ScheduledAnswer { change, at: cycle.ends_at })
}

fn next_charge(account: &Account, subscription: &Subscription, terms: &Terms) -> Option<ChargeAnswer> {
    let renews = subscription.state == State::Active && account.authorisation.is_some() && account.closed.is_none();
    let cycle = subscription.cycle.filter(|_| renews)?;
    Some(ChargeAnswer { at: cycle.ends_at, amount_minor: terms.amount_minor, currency: terms.currency.clone() })
}

impl PaymentAnswer {
    pub(crate) fn of(row: PaymentRow) -> Self {
        Self {
            id: row.id,
            purpose: row.purpose,
            amount_minor: tables::unsigned(row.amount_minor),
            currency: row.currency,
            credits: tables::unsigned(row.credits),
            status: row.status,
            reason: row.reason,
            requested_at: row.requested_at,
            settled_at: row.settled_at,
        }
    }
}

impl PageAnswer {
    /// None: the account has no such payment.
    pub(crate) fn of(account: &Account, id: PaymentId, authorization_url: String) -> Option<Self> {
        let payment = account.payments.get(&id)?;
        let payment = PaymentAnswer {
            id: id.to_string(),
            purpose: purpose_name(payment.purpose).to_owned(),
            amount_minor: payment.amount_minor,
            currency: payment.currency.clone(),
            credits: payment.credits,
            status: payment.status.as_str().to_owned(),
            reason: payment.reason.clone(),
            requested_at: payment.requested_at,
            settled_at: payment.settled_at,
        };
        Some(Self { payment, authorization_url })
    }
}

impl PackAnswer {
    pub(crate) fn of(pack: Pack, currency: &str) -> Self {
        Self { credits: pack.credits, amount_minor: pack.amount_minor, currency: currency.to_owned() }
    }
}
