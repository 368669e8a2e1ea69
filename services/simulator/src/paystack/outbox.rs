//! Webhooks on their way. Paystack tries every three minutes for the first four times, then every hour for 72 hours, until it is answered
//! with 200; the bytes are the same each time. Source: Paystack, "Webhooks", go-live checklist.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::faults::PaystackFaults;
use super::transaction::{Status, Transaction};

const GAP_FIRST: TimeDelta = TimeDelta::minutes(3);
const ATTEMPTS_SOON: u32 = 4;
const GAP_LATER: TimeDelta = TimeDelta::hours(1);
const LIFETIME: TimeDelta = TimeDelta::hours(72);
/// Webhooks that may wait; more are lost, which reconciliation finds.
const WAITING_MAX: usize = 100_000;
/// Posts at once.
const IN_FLIGHT_MAX: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: BTreeMap<u64, Delivery>,
    serial: u64,
    /// Webhooks that were never sent, as asked for.
    pub(crate) lost: u64,
}

#[derive(Debug)]
struct Delivery {
    body: Bytes,
    made_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    attempts: u32,
    in_flight: bool,
    last: Option<String>,
}

/// One attempt to make, and what is to go wrong with it.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) serial: u64,
    pub(crate) body: Bytes,
    pub(crate) wrong_signature: bool,
    pub(crate) drop: bool,
}

/// A webhook that is not delivered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Undelivered {
    attempts: u32,
    /// What the last attempt met.
    last: Option<String>,
    /// The next attempt.
    due_at: DateTime<Utc>,
    /// What is sent.
    body: String,
}

impl Outbox {
    /// Reports a transaction, if it is decided.
    pub(crate) fn report(&mut self, transaction: &Transaction, faults: &PaystackFaults, dice: &mut StdRng, now: DateTime<Utc>) {
        let (event, data) = match transaction.status {
            Status::Abandoned => return,
            Status::Success => ("charge.success", transaction.json()),
            Status::Failed => ("charge.failed", transaction.json()),
            Status::Reversed => ("refund.processed", transaction.refund_json()),
        };
        if dice.random_bool(faults.lose) {
            self.lost += 1;
            return;
        }
        let body = Bytes::from(json!({ "event": event, "data": data }).to_string());
        let due_at = now + TimeDelta::milliseconds(faults.delay_ms.into());
        for _ in 0..=faults.duplicate {
            if self.waiting.len() >= WAITING_MAX {
                self.lost += 1;
                return;
            }
            self.serial += 1;
            let delivery = Delivery { body: body.clone(), made_at: now, due_at, attempts: 0, in_flight: false, last: None };
            self.waiting.insert(self.serial, delivery);
        }
    }

    /// The attempts to make now.
    pub(crate) fn take_due(&mut self, now: DateTime<Utc>, faults: &PaystackFaults, dice: &mut StdRng) -> Vec<Attempt> {
        let in_flight = self.waiting.values().filter(|delivery| delivery.in_flight).count();
        let due = self.waiting.iter_mut().filter(|(_, delivery)| !delivery.in_flight && delivery.due_at <= now);
        let take = |(serial, delivery): (&u64, &mut Delivery)| {
            delivery.in_flight = true;
            let (wrong_signature, drop) = (dice.random_bool(faults.wrong_signature), dice.random_bool(faults.drop));
            Attempt { serial: *serial, body: delivery.body.clone(), wrong_signature, drop }
        };
        due.take(IN_FLIGHT_MAX.saturating_sub(in_flight)).map(take).collect()
    }

    /// Takes in what an attempt met: `Ok` is the answer's status.
    pub(crate) fn met(&mut self, serial: u64, outcome: &Result<u16, String>, now: DateTime<Utc>) {
        let Some(delivery) = self.waiting.get_mut(&serial) else { return };
        delivery.in_flight = false;
        delivery.attempts += 1;
        delivery.due_at = now + if delivery.attempts < ATTEMPTS_SOON { GAP_FIRST } else { GAP_LATER };
        delivery.last = Some(match outcome {
            Ok(status) => format!("answered {status}"),
            Err(cause) => cause.clone(),
        });
        let given_up = delivery.due_at > delivery.made_at + LIFETIME;
        if *outcome == Ok(200) || given_up {
            self.waiting.remove(&serial);
        }
    }

    /// When there is something to do next, if nothing new comes.
    pub(crate) fn next_at(&self) -> Option<DateTime<Utc>> {
        let in_flight = self.waiting.values().filter(|delivery| delivery.in_flight).count();
        let waiting = self.waiting.values().filter(|delivery| !delivery.in_flight && in_flight < IN_FLIGHT_MAX);
        waiting.map(|delivery| delivery.due_at).min()
    }

    /// Makes everything that waits due now; says how much that is.
    pub(crate) fn hurry(&mut self, now: DateTime<Utc>) -> usize {
        self.waiting.values_mut().for_each(|delivery| delivery.due_at = delivery.due_at.min(now));
        self.waiting.len()
    }

    /// Waiting and on their way.
    pub(crate) fn undelivered(&self) -> usize {
        self.waiting.len()
    }

    /// The oldest first.
    pub(crate) fn show(&self, count_max: usize) -> Vec<Undelivered> {
        let shown = |delivery: &Delivery| Undelivered {
            attempts: delivery.attempts,
            last: delivery.last.clone(),
            due_at: delivery.due_at,
            body: String::from_utf8_lossy(&delivery.body).into_owned(),
        };
        self.waiting.values().take(count_max).map(shown).collect()
    }
}
