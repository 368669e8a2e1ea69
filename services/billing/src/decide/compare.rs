//! The rules against the model: after every step of a generated sequence both are in the same state.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use contract::{BillingEvent, OperationId, PaymentId, PaymentPurpose};
use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};
use ulid::Ulid;

use super::model::{Model, PACK, Paying};
use super::ops::{Op, ops};
use super::{Command, Decision, Outcome, decide, table};
use crate::account::{Account, Uses};
use crate::accounts::Known;
use crate::answer::entitlement_name;
use crate::deadline;
use crate::store::purpose_name;
use crate::subscription::entitlement;
use crate::terms::Terms;
use crate::usage::Use;

const BEGIN: i64 = 1_790_000_000_123;
const STEPS_MAX: usize = 60;
/// The steps that the table in the docs has a row for.
static EDGES: LazyLock<BTreeSet<[&'static str; 4]>> = LazyLock::new(table::edges);

/// The rules, with a log in memory and a poller.
struct Rules {
    known: Known,
    terms: Terms,
    log: Vec<BillingEvent>,
    made: u64,
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

impl Rules {
    fn new() -> Self {
        let mut this = Self { known: Known::default(), terms: Terms::default(), log: Vec::new(), made: 0 };
        this.ask(&Command::StartTrial { created_at: at(BEGIN) }, BEGIN);
        this
    }

    fn ask(&mut self, command: &Command, now: i64) -> Option<&'static str> {
        let Decision { events, refused } = decide(&self.known.account, &self.known.uses, command, &self.terms, at(now));
        for event in events {
            self.log.push(event.clone());
            let sequence = self.log.len() as u64;
            self.known.apply(sequence, at(now), &event);
        }
        refused.map(super::Refusal::code)
    }

    /// As the poller does it: one instant after the other, and once too often.
    fn poll(&mut self, now: i64) {
        while let Some((due, _)) = deadline::next(&self.known.account, &self.terms).filter(|(due, _)| *due <= at(now)) {
            self.ask(&Command::Wake { until: due }, now);
            self.ask(&Command::Wake { until: due }, now);
        }
        self.ask(&Command::Wake { until: at(now) }, now);
    }

    fn payment(&self, index: usize) -> PaymentId {
        let requested = self.log.iter().filter_map(|event| {
            let BillingEvent::PaymentRequested(requested) = event else { return None };
            Some(requested.payment)
        });
        requested.collect::<Vec<_>>()[index]
    }

    fn new_payment(&mut self) -> PaymentId {
        self.made += 1;
        PaymentId::from_ulid(Ulid::from_parts(1, self.made.into()))
    }

    fn apply(&mut self, op: &Op, model: &Model) -> Option<&'static str> {
        let now = model.target(op).unwrap_or(model.now);
        let operation = OperationId::from_ulid(Ulid::from_parts(7, 7));
        let command = match op {
            Op::Page => Command::RequestPayment { payment: self.new_payment() },
            Op::Buy => Command::RequestCredits { payment: self.new_payment(), credits: PACK },
            Op::Paid { which, .. } | Op::Failed { which } => {
                // What is due by now counts before it is looked up which payment is meant.
                self.poll(now);
                let mut later = model.clone();
                later.apply(&Op::Forward { by: 0, poller: true });
                let Some(index) = later.named(*which) else { return later.closed.then_some("subscription_closed") };
                Command::Report { payment: self.payment(index), outcome: self.outcome(op, index, &later) }
            }
            Op::Pause => Command::Pause,
            Op::Cancel => Command::Cancel,
            Op::Withdraw => Command::Withdraw,
            Op::Resume => Command::Resume { payment: self.new_payment() },
            Op::Use { name, credits } => Command::ChargeUse { used: Use::new(format!("use-{name}"), *credits, "test".into()).unwrap() },
            Op::Boundary { poller, .. } | Op::Forward { poller, .. } => {
                if *poller {
                    self.poll(now);
                }
                return None;
            }
            Op::Close => Command::Close { operation },
        };
        self.ask(&command, now)
    }

    fn outcome(&self, op: &Op, index: usize, model: &Model) -> Outcome {
        let Op::Paid { when, right, reusable, .. } = op else { return Outcome::Failed { reason: "Declined".into() } };
        let payment = &self.known.account.payments[&self.payment(index)];
        Outcome::Paid {
            paid_at: at(model.instant(*when)),
            amount_minor: payment.amount_minor + u64::from(!right),
            currency: payment.currency.clone(),
            sealed_authorisation: reusable.then(|| "v1.c2VhbGVk".to_owned()),
        }
    }

    fn payments(&self) -> Vec<Paying> {
        let account: &Account = &self.known.account;
        let mut payments: Vec<_> = account.payments.values().collect();
        payments.sort_by_key(|payment| payment.requested_sequence);
        payments.iter().map(|payment| Paying { purpose: purpose_name(payment.purpose), status: payment.status.as_str() }).collect()
    }

    fn switches(&self) -> Vec<(&'static str, i64)> {
        let changes = self.log.iter().filter_map(|event| {
            let BillingEvent::EntitlementChanged(changed) = event else { return None };
            Some((entitlement_name(changed.entitlement), changed.at.timestamp_millis()))
        });
        changes.collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rules_and_the_model_agree(steps in prop::collection::vec(ops(), 1..STEPS_MAX)) {
        let (mut rules, mut model) = (Rules::new(), Model::new(BEGIN));
        for (n, op) in steps.iter().enumerate() {
            let refused = rules.apply(op, &model);
            prop_assert_eq!(refused, model.apply(op), "step {}: {:?}", n, op);
            // Nobody has looked: the rules will notice with the next question.
            if matches!(op, Op::Boundary { poller: false, .. } | Op::Forward { poller: false, .. }) {
                continue;
            }
            let subscription = rules.known.account.subscription.clone().unwrap();
            let told = (subscription.state.as_str(), subscription.since, entitlement_name(entitlement(subscription.state)));
            prop_assert_eq!(told, (model.state, at(model.since), model.entitlement()), "step {}: {:?}", n, op);
            let cycle = subscription.cycle.map(|cycle| (cycle.starts_at.timestamp_millis(), cycle.ends_at.timestamp_millis()));
            prop_assert_eq!(cycle, model.cycle, "step {}: {:?}", n, op);
            prop_assert_eq!(subscription.grace.map_or(0, |grace| grace.reminders as usize), model.reminders, "step {}: {:?}", n, op);
            prop_assert_eq!(rules.known.account.credits, model.credits, "step {}: {:?}", n, op);
            prop_assert_eq!(rules.known.account.authorisation.is_some(), model.card, "step {}: {:?}", n, op);
            prop_assert_eq!(rules.payments(), model.payments.clone(), "step {}: {:?}", n, op);
            prop_assert_eq!(rules.switches(), model.switches.clone(), "step {}: {:?}", n, op);
        }
        for edge in &model.edges {
            prop_assert!(EDGES.contains(edge), "the table has no row for {:?}", edge);
        }
        // The log alone says the same.
        let mut again = Known::default();
        for (sequence, event) in (1..).zip(&rules.log) {
            again.apply(sequence, DateTime::UNIX_EPOCH, event);
        }
        prop_assert_eq!(again.account.subscription, rules.known.account.subscription.clone());
        let uses: Uses = rules.known.uses.clone();
        prop_assert_eq!(again.uses, uses);
    }

    #[test]
    fn instants_of_the_rules_never_go_back_and_money_is_credited_once(steps in prop::collection::vec(ops(), 1..STEPS_MAX)) {
        let (mut rules, mut model) = (Rules::new(), Model::new(BEGIN));
        for op in &steps {
            rules.apply(op, &model);
            model.apply(op);
        }
        let switches = rules.switches();
        prop_assert!(switches.windows(2).all(|pair| pair[0].1 <= pair[1].1 && pair[0].0 != pair[1].0), "{:?}", switches);
        let credited = |event: &&BillingEvent| matches!(event, BillingEvent::PaymentSucceeded(_));
        let bought = |event: &&BillingEvent| {
            matches!(event, BillingEvent::CycleStarted(_) | BillingEvent::CycleExtended(_) | BillingEvent::CreditsAdded(_))
        };
        let succeeded = rules.known.account.payments.values().filter(|payment| payment.status.as_str() == "succeeded").count();
        prop_assert_eq!(rules.log.iter().filter(credited).count(), succeeded);
        prop_assert_eq!(rules.log.iter().filter(bought).count(), succeeded);
        let renewals = rules.known.account.payments.values().filter(|payment| payment.purpose == PaymentPurpose::Renew).count();
        let ended = rules.log.iter().filter(|event| matches!(event, BillingEvent::SubscriptionPastDue(_))).count();
        prop_assert!(renewals <= ended, "one renewal a cycle");
    }
}
