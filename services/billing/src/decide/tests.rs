//! Single rules that are easier to read as a story than as a generated sequence.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{BillingEvent, Entitlement, Event, OperationId, Owed, PaymentId, ReminderDue};
use ulid::Ulid;

use super::{Command, Outcome, Refusal, decide};
use crate::account::Uses;
use crate::accounts::Known;
use crate::terms::Terms;
use crate::usage::Use;

const HOUR: TimeDelta = TimeDelta::hours(1);
const MS: TimeDelta = TimeDelta::milliseconds(1);

struct Project {
    known: Known,
    now: DateTime<Utc>,
}

fn project() -> Project {
    let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let mut project = Project { known: Known::default(), now };
    assert_eq!(project.ask(Command::StartTrial { created_at: now }), ["trial_started"]);
    project
}

fn id(n: u128) -> PaymentId {
    PaymentId::from_ulid(Ulid::from_parts(1, n))
}

impl Project {
    fn decide(&mut self, command: &Command) -> (Vec<BillingEvent>, Option<Refusal>) {
        let decision = decide(&self.known.account, &self.known.uses, command, &Terms::default(), self.now);
        for event in &decision.events {
            let sequence = self.known.account.sequence + 1;
            self.known.apply(sequence, self.now, event);
        }
        (decision.events, decision.refused)
    }

    fn ask(&mut self, command: Command) -> Vec<String> {
        let (events, refused) = self.decide(&command);
        assert_eq!(refused, None, "{command:?}");
        events.iter().map(|event| event.event_type().split('.').nth(1).unwrap().to_owned()).collect()
    }

    fn refused(&mut self, command: Command) -> Refusal {
        self.decide(&command).1.unwrap()
    }

    fn paid(&mut self, payment: PaymentId) -> Vec<String> {
        let outcome =
            Outcome::Paid { paid_at: self.now, amount_minor: 57_000, currency: "ZAR".into(), sealed_authorisation: Some("v1.x".into()) };
        self.ask(Command::Report { payment, outcome })
    }

    fn pay(&mut self, n: u128) -> Vec<String> {
        self.ask(Command::RequestPayment { payment: id(n) });
        self.paid(id(n))
    }

    fn wake(&mut self) -> Vec<String> {
        let until = self.now;
        self.ask(Command::Wake { until })
    }

    fn state(&self) -> &'static str {
        self.known.account.subscription.as_ref().unwrap().state.as_str()
    }
}

#[test]
fn a_trial_ends_at_its_instant_and_not_a_millisecond_before() {
    let mut project = project();
    let end = project.now + TimeDelta::days(14);
    project.now = end - MS;
    assert!(project.wake().is_empty());
    project.now = end + HOUR;
    let (events, _) = project.decide(&Command::Wake { until: end });
    let BillingEvent::EntitlementChanged(changed) = &events[1] else { panic!("{events:?}") };
    assert_eq!((changed.entitlement, changed.at), (Entitlement::Suspended, end), "the rule's instant, not the time it was noticed");
    assert_eq!(project.state(), "expired");
}

#[test]
fn a_renewal_that_fails_is_reminded_of_three_times_and_then_suspended() {
    let mut project = project();
    project.pay(1);
    let end = project.now + TimeDelta::days(30);
    project.now = end;
    assert_eq!(project.wake(), ["subscription_past_due", "payment_requested"]);
    assert!(project.wake().is_empty(), "while it is charged nobody is reminded");
    let renewal = project.known.account.charge().unwrap();
    let failed = Command::Report { payment: renewal, outcome: Outcome::Failed { reason: "Insufficient funds".into() } };
    assert_eq!(project.ask(failed.clone()), ["payment_failed", "reminder_due"]);
    assert!(project.ask(failed).is_empty());
    project.now = end + TimeDelta::days(60);
    assert_eq!(project.wake(), ["reminder_due", "reminder_due", "subscription_expired", "entitlement_changed"]);
    assert_eq!(project.known.account.subscription.as_ref().unwrap().since, end + TimeDelta::days(7));
    assert_eq!(project.pay(2), ["payment_succeeded", "cycle_started", "entitlement_changed"]);
}

#[test]
fn while_a_charge_is_open_nobody_is_suspended_and_its_failure_is_dated_by_the_rule() {
    let mut project = project();
    project.pay(1);
    let end = project.now + TimeDelta::days(30);
    project.now = end + TimeDelta::days(10);
    assert_eq!(project.wake(), ["subscription_past_due", "payment_requested"], "it was not tried yet");
    let renewal = project.known.account.charge().unwrap();
    let mut paid = Project { known: Known { account: project.known.account.clone(), uses: Uses::default() }, now: project.now };
    assert_eq!(paid.paid(renewal), ["payment_succeeded", "cycle_started"], "never suspended");
    let failed = Command::Report { payment: renewal, outcome: Outcome::Failed { reason: "Declined".into() } };
    let told = ["payment_failed", "reminder_due", "reminder_due", "reminder_due", "subscription_expired", "entitlement_changed"];
    assert_eq!(project.ask(failed), told);
    assert_eq!(project.known.account.subscription.as_ref().unwrap().since, end + TimeDelta::days(7));
}

#[test]
fn a_reminder_says_what_is_due_and_until_when() {
    let mut project = project();
    let outcome = Outcome::Paid { paid_at: project.now, amount_minor: 57_000, currency: "ZAR".into(), sealed_authorisation: None };
    project.ask(Command::RequestPayment { payment: id(1) });
    project.ask(Command::Report { payment: id(1), outcome });
    let end = project.now + TimeDelta::days(30);
    project.now = end + TimeDelta::days(4);
    let (events, _) = project.decide(&Command::Wake { until: project.now });
    let reminders: Vec<&ReminderDue> =
        events.iter().filter_map(|event| if let BillingEvent::ReminderDue(reminder) = event { Some(reminder) } else { None }).collect();
    let owed = Some(Owed { amount_minor: 57_000, currency: "ZAR".into(), grace_ends_at: end + TimeDelta::days(7) });
    let expected = [(1, end), (2, end + TimeDelta::days(3))].map(|(number, at)| ReminderDue { number, at, owed: owed.clone() });
    assert_eq!(reminders, expected.iter().collect::<Vec<_>>());
}

#[test]
fn money_that_comes_after_a_failure_counts_and_a_failure_after_money_does_not() {
    let mut project = project();
    project.ask(Command::RequestPayment { payment: id(1) });
    let failed = Command::Report { payment: id(1), outcome: Outcome::Failed { reason: "Declined".into() } };
    project.ask(failed.clone());
    assert_eq!(project.paid(id(1)), ["payment_succeeded", "cycle_started"]);
    assert!(project.ask(failed).is_empty());
    assert!(project.paid(id(1)).is_empty());
}

#[test]
fn other_money_than_was_asked_for_is_flagged_once_and_never_credited() {
    let mut project = project();
    project.ask(Command::RequestPayment { payment: id(1) });
    for (amount_minor, currency) in [(56_999, "ZAR"), (57_000, "NGN")] {
        let outcome =
            Outcome::Paid { paid_at: project.now, amount_minor, currency: currency.into(), sealed_authorisation: Some("v1.x".into()) };
        let report = Command::Report { payment: id(1), outcome };
        assert_eq!(project.ask(report.clone()), ["payment_mismatched"]);
        assert!(project.ask(report).is_empty());
        assert_eq!((project.state(), project.known.account.authorisation.is_some()), ("trialing", false));
    }
    assert_eq!(project.paid(id(1)), ["payment_succeeded", "cycle_started"], "the right sum counts all the same");
}

#[test]
fn a_payment_within_a_cycle_makes_it_longer_and_leaves_what_is_scheduled_for_its_end() {
    let mut project = project();
    project.pay(1);
    let end = project.now + TimeDelta::days(30);
    project.ask(Command::Pause);
    project.now += TimeDelta::days(3);
    assert_eq!(project.pay(2), ["payment_succeeded", "cycle_extended"]);
    project.now = end;
    assert!(project.wake().is_empty());
    project.now = end + TimeDelta::days(30);
    assert_eq!(project.wake(), ["subscription_paused", "entitlement_changed"]);
}

#[test]
fn credits_are_bought_without_a_card_being_kept_and_a_use_is_charged_once() {
    let mut project = project();
    assert_eq!(project.refused(Command::RequestCredits { payment: id(1), credits: 7 }), Refusal::UnknownPack);
    project.ask(Command::RequestCredits { payment: id(1), credits: 500 });
    let outcome =
        Outcome::Paid { paid_at: project.now, amount_minor: 10_000, currency: "ZAR".into(), sealed_authorisation: Some("v1.x".into()) };
    assert_eq!(project.ask(Command::Report { payment: id(1), outcome }), ["payment_succeeded", "credits_added"]);
    assert_eq!((project.known.account.credits, project.known.account.authorisation.is_some(), project.state()), (500, false, "trialing"));
    let charge = |usage: &str, credits| Command::ChargeUse { used: Use::new(usage.into(), credits, String::new()).unwrap() };
    assert_eq!(project.ask(charge("u", 499)), ["credits_used"]);
    assert!(project.ask(charge("u", 499)).is_empty());
    assert_eq!(project.refused(charge("u", 1)), Refusal::UseReused);
    assert_eq!(project.ask(charge("v", 1_000_000_000)), ["credits_used"], "it has happened, whatever is left");
    assert_eq!(project.known.account.credits, 1 - 1_000_000_000);
}

#[test]
fn a_project_that_is_deleted_is_charged_nothing_any_more() {
    let mut project = project();
    project.pay(1);
    let operation = OperationId::from_ulid(Ulid::from_parts(9, 9));
    assert_eq!(project.ask(Command::Close { operation }), ["subscription_closed"]);
    assert!(project.ask(Command::Close { operation }).is_empty());
    project.now += TimeDelta::days(90);
    assert!(project.wake().is_empty());
    assert_eq!(project.refused(Command::Resume { payment: id(3) }), Refusal::Closed);
    let used = Use::new("u".into(), 1, String::new()).unwrap();
    assert_eq!(project.refused(Command::ChargeUse { used }), Refusal::Closed);
}

#[test]
fn a_project_without_a_trial_is_closed_all_the_same_and_begins_none_afterwards() {
    let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let mut project = Project { known: Known::default(), now };
    assert_eq!(project.refused(Command::Pause), Refusal::NoSubscription);
    assert_eq!(project.ask(Command::Close { operation: OperationId::from_ulid(Ulid::from_parts(9, 9)) }), ["subscription_closed"]);
    assert!(project.ask(Command::StartTrial { created_at: now }).is_empty());
}

#[test]
fn what_was_due_happens_also_when_the_question_is_refused() {
    let mut project = project();
    project.pay(1);
    project.ask(Command::Cancel);
    project.now += TimeDelta::days(30);
    let (events, refused) = project.decide(&Command::Withdraw);
    assert_eq!((events.len(), refused), (2, Some(Refusal::NothingScheduled)));
    assert_eq!(project.state(), "cancelled");
}
