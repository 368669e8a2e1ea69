//! What a subscription is: its state, the times that belong to it, and what the state entitles to. Pure.
//!
//! How it changes is said in `decide`; this file only follows what was decided.

use chrono::{DateTime, Utc};
use contract::{BillingEvent, Entitlement, PaymentId};

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// The trial runs.
    Trialing,
    /// A paid cycle runs; its end is charged.
    Active,
    /// A paid cycle runs; the subscription pauses at its end.
    Pausing,
    /// A paid cycle runs; the subscription ends with it.
    Cancelling,
    /// A cycle ended and the next is not paid; the time of grace runs.
    PastDue,
    /// Paused by its owner.
    Paused,
    /// Ended by its owner.
    Cancelled,
    /// The trial or the time of grace ended unpaid.
    Expired,
}

impl State {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 8] =
        [Self::Trialing, Self::Active, Self::Pausing, Self::Cancelling, Self::PastDue, Self::Paused, Self::Cancelled, Self::Expired];

    /// As written in answers and tables.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::Pausing => "pausing",
            Self::Cancelling => "cancelling",
            Self::PastDue => "past_due",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether a paid cycle runs.
    pub(crate) const fn is_paid(self) -> bool {
        match self {
            Self::Active | Self::Pausing | Self::Cancelling => true,
            Self::Trialing | Self::PastDue | Self::Paused | Self::Cancelled | Self::Expired => false,
        }
    }
}

/// What a state entitles to: the one bridge between the two axes.
pub(crate) const fn entitlement(state: State) -> Entitlement {
    match state {
        State::Trialing | State::Active | State::Pausing | State::Cancelling | State::PastDue => Entitlement::Live,
        State::Paused | State::Cancelled | State::Expired => Entitlement::Suspended,
    }
}

/// A stretch of time, half-open `[starts_at, ends_at)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) starts_at: DateTime<Utc>,
    pub(crate) ends_at: DateTime<Utc>,
}

/// The time of grace, and how often its owner was reminded in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grace {
    pub(crate) span: Span,
    pub(crate) reminders: u32,
}

/// A project's subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) state: State,
    /// Since when, by the rules: never earlier than the change before.
    pub(crate) since: DateTime<Utc>,
    pub(crate) trial: Span,
    /// The cycle that runs, or the last one.
    pub(crate) cycle: Option<Span>,
    /// The payment that began it.
    pub(crate) cycle_payment: Option<PaymentId>,
    /// While past due.
    pub(crate) grace: Option<Grace>,
}

impl Subscription {
    /// The subscription after an event.
    pub(crate) fn fold(so_far: Option<Self>, event: &BillingEvent) -> Option<Self> {
        if let BillingEvent::TrialStarted(trial) = event {
            let span = Span { starts_at: trial.starts_at, ends_at: trial.ends_at };
            let new = Self { state: State::Trialing, since: span.starts_at, trial: span, cycle: None, cycle_payment: None, grace: None };
            return Some(so_far.unwrap_or(new));
        }
        let mut this = so_far?;
        match event {
            BillingEvent::CycleStarted(cycle) => {
                this.enter(State::Active, cycle.starts_at);
                this.cycle = Some(Span { starts_at: cycle.starts_at, ends_at: cycle.ends_at });
                this.cycle_payment = Some(cycle.payment);
            }
            BillingEvent::CycleExtended(extended) => {
                this.cycle = this.cycle.map(|cycle| Span { ends_at: extended.ends_at, ..cycle });
            }
            // Scheduling changes what happens at the cycle's end; the subscription goes on as before until then.
            BillingEvent::PauseScheduled(_) => this.state = State::Pausing,
            BillingEvent::CancellationScheduled(_) => this.state = State::Cancelling,
            BillingEvent::ScheduleWithdrawn(_) => this.state = State::Active,
            BillingEvent::SubscriptionPastDue(due) => {
                this.enter(State::PastDue, due.since);
                this.grace = Some(Grace { span: Span { starts_at: due.since, ends_at: due.grace_ends_at }, reminders: 0 });
            }
            BillingEvent::ReminderDue(reminder) => {
                this.grace = this.grace.map(|grace| Grace { reminders: reminder.number, ..grace });
            }
            BillingEvent::SubscriptionPaused(paused) => this.enter(State::Paused, paused.at),
            BillingEvent::SubscriptionCancelled(cancelled) => this.enter(State::Cancelled, cancelled.at),
            BillingEvent::SubscriptionExpired(expired) => this.enter(State::Expired, expired.at),
            BillingEvent::TrialStarted(_)
            | BillingEvent::PaymentRequested(_)
            | BillingEvent::PaymentSucceeded(_)
            | BillingEvent::PaymentFailed(_)
            | BillingEvent::PaymentMismatched(_)
            | BillingEvent::EntitlementChanged(_)
            | BillingEvent::CreditsAdded(_)
            | BillingEvent::CreditsUsed(_)
            | BillingEvent::SubscriptionClosed(_) => {}
        }
        Some(this)
    }

    fn enter(&mut self, state: State, at: DateTime<Utc>) {
        self.state = state;
        self.since = at;
        self.grace = None;
    }
}
