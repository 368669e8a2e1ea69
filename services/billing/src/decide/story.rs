//! Accounts for the table of transitions: brought into every state by the rules alone, with what can be charged and what is being charged; and what
//! may happen to one.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{Event, OperationId, PaymentId};
use ulid::Ulid;

use super::{Command, Outcome, decide};
use crate::account::PaymentStatus;
use crate::accounts::Known;
use crate::deadline::{self, Due};
use crate::subscription::State;
use crate::terms::Terms;
use crate::usage::Use;

/// The page that a row is about; those before it have other names.
const PAGE: u128 = 90;
const PRICE: u64 = 57_000;

/// What was said, and why not.
pub(super) type Told = (Vec<String>, Option<&'static str>);

/// What there is to charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Card {
    None,
    /// It was charged before, in vain.
    Stored,
    /// It is being charged, the outcome is open.
    Charging,
}

impl Card {
    pub(super) const ALL: [Self; 3] = [Self::None, Self::Stored, Self::Charging];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Stored => "stored",
            Self::Charging => "charging",
        }
    }
}

/// An account in the making, asked one thing after another.
pub(super) struct Story {
    known: Known,
    now: DateTime<Utc>,
    asked: u128,
}

fn id(n: u128) -> PaymentId {
    PaymentId::from_ulid(Ulid::from_parts(1, n))
}

impl Story {
    /// A project is created: the story, and what is said.
    pub(super) fn created() -> (Self, String) {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut story = Self { known: Known::default(), now, asked: 0 };
        let (events, _) = story.create();
        (story, events.join(", "))
    }

    /// An account in this state, an hour after it got there. `None`: in that state there cannot be such a card.
    pub(super) fn of(state: State, card: Card) -> Option<Self> {
        let (mut story, _) = Self::created();
        if state == State::Trialing {
            story.now += TimeDelta::hours(1);
            return (card == Card::None).then_some(story);
        }
        story.now += TimeDelta::days(1);
        story.pay(card);
        if card != Card::None {
            story.until_due();
            story.charge_failed();
            story.pay(card);
        }
        // The cycle ended, and another payment was faster than the renewal.
        if card == Card::Charging && state.is_paid() {
            story.until_due();
            story.pay(card);
        }
        match state {
            State::Trialing | State::Active | State::PastDue | State::Expired => {}
            State::Pausing | State::Paused => drop(story.pause()),
            State::Cancelling | State::Cancelled => drop(story.cancel()),
        }
        if !state.is_paid() {
            story.until_due();
        }
        if state == State::Expired || card != Card::Charging {
            story.charge_failed();
        }
        while state == State::Expired && story.state() != state.as_str() {
            story.until_due();
        }
        if card == Card::Charging && story.known.account.charge().is_none() {
            story.resume();
        }
        story.now += TimeDelta::hours(1);
        assert_eq!((story.state(), story.known.account.charge().is_some()), (state.as_str(), card == Card::Charging));
        Some(story)
    }

    /// The subscription's; `closed` once the project is being deleted.
    pub(super) fn state(&self) -> &'static str {
        let account = &self.known.account;
        if account.closed.is_some() { "closed" } else { account.subscription.as_ref().unwrap().state.as_str() }
    }

    fn ask(&mut self, command: &Command) -> Told {
        let decision = decide(&self.known.account, &self.known.uses, command, &Terms::default(), self.now);
        for event in &decision.events {
            let sequence = self.known.account.sequence + 1;
            self.known.apply(sequence, self.now, event);
        }
        let told = decision.events.iter().map(|event| event.event_type().split('.').nth(1).unwrap().to_owned()).collect();
        (told, decision.refused.map(super::Refusal::code))
    }

    fn paid(&mut self, payment: PaymentId, amount_minor: u64, card: Card) -> Told {
        let sealed_authorisation = (card != Card::None).then(|| "v1.c2VhbGVk".to_owned());
        let outcome = Outcome::Paid { paid_at: self.now, amount_minor, currency: "ZAR".into(), sealed_authorisation };
        self.ask(&Command::Report { payment, outcome })
    }

    fn failed(&mut self, payment: PaymentId) -> Told {
        self.ask(&Command::Report { payment, outcome: Outcome::Failed { reason: "Declined".into() } })
    }

    fn pay(&mut self, card: Card) {
        self.asked += 1;
        let payment = id(self.asked);
        self.ask(&Command::RequestPayment { payment });
        self.paid(payment, PRICE, card);
    }

    fn until_due(&mut self) {
        let (due, _) = deadline::next(&self.known.account, &Terms::default()).unwrap();
        self.now = due;
        self.ask(&Command::Wake { until: due });
    }

    pub(super) fn create(&mut self) -> Told {
        self.ask(&Command::StartTrial { created_at: self.now })
    }

    pub(super) fn open_page(&mut self) -> Told {
        self.ask(&Command::RequestPayment { payment: id(PAGE) })
    }

    pub(super) fn open_credits(&mut self) -> Told {
        self.ask(&Command::RequestCredits { payment: id(PAGE), credits: 500 })
    }

    pub(super) fn page_paid(&mut self, amount_minor: u64) -> Told {
        self.paid(id(PAGE), amount_minor, Card::None)
    }

    pub(super) fn page_failed(&mut self) -> Told {
        self.failed(id(PAGE))
    }

    /// The open charge; or one that had failed, for money counts whenever it comes.
    pub(super) fn charge_paid(&mut self) -> Option<Told> {
        let account = &self.known.account;
        let failed = account.payments.iter().rfind(|(_, payment)| payment.is_charge() && payment.status == PaymentStatus::Failed);
        let charge = account.charge().or(failed.map(|(id, _)| *id))?;
        Some(self.paid(charge, PRICE, Card::Stored))
    }

    pub(super) fn charge_failed(&mut self) -> Option<Told> {
        let charge = self.known.account.charge()?;
        Some(self.failed(charge))
    }

    /// Goes to an hour after the grace, if it is held by a charge.
    pub(super) fn grace_is_over(&mut self) -> bool {
        let grace = self.known.account.subscription.as_ref().and_then(|subscription| subscription.grace);
        let held = grace.filter(|_| self.known.account.charge().is_some());
        self.now = held.map_or(self.now, |grace| grace.span.ends_at + TimeDelta::hours(1));
        held.is_some()
    }

    pub(super) fn pause(&mut self) -> Told {
        self.ask(&Command::Pause)
    }

    pub(super) fn cancel(&mut self) -> Told {
        self.ask(&Command::Cancel)
    }

    pub(super) fn withdraw(&mut self) -> Told {
        self.ask(&Command::Withdraw)
    }

    pub(super) fn resume(&mut self) -> Told {
        self.ask(&Command::Resume { payment: id(PAGE + 1) })
    }

    pub(super) fn take(&mut self, credits: u64) -> Told {
        self.ask(&Command::ChargeUse { used: Use::new("use".into(), credits, "test".into()).unwrap() })
    }

    pub(super) fn close(&mut self) -> Told {
        self.ask(&Command::Close { operation: OperationId::from_ulid(Ulid::from_parts(9, 9)) })
    }

    /// Time goes on to this deadline, past reminders. `None` if there is none; what is held by a charge comes, and nothing happens.
    pub(super) fn come(&mut self, wanted: Due) -> Option<Told> {
        if matches!(wanted, Due::Reminder | Due::GraceEnd) && self.state() != "closed" && self.grace_is_over() {
            return Some(self.ask(&Command::Wake { until: self.now }));
        }
        loop {
            let (at, due) = deadline::next(&self.known.account, &Terms::default())?;
            self.now = at;
            let told = self.ask(&Command::Wake { until: at });
            if due == wanted {
                return Some(told);
            }
            if due != Due::Reminder {
                return None;
            }
        }
    }
}
