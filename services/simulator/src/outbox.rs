//! All webhooks that are not delivered yet, and the last ones that are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::delivery::{Attempt, Delivery, State, Told};
use crate::webhook::{Change, body};
use crate::{Faults, Refused};

/// Webhooks that may wait.
pub(crate) const WAITING_MAX: usize = 100_000;
/// Finished webhooks that are still shown.
const FINISHED_MAX: usize = 200;
/// Posts at once.
pub(crate) const IN_FLIGHT_MAX: usize = 64;
/// How long a batch waits to become full.
const BATCH_WAIT: TimeDelta = TimeDelta::milliseconds(500);

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) faults: Faults,
    held: Vec<Held>,
    deliveries: BTreeMap<u64, Delivery>,
    waiting: BTreeSet<(DateTime<Utc>, u64)>,
    finished: VecDeque<u64>,
    in_flight: usize,
    serial: u64,
}

#[derive(Debug)]
struct Held {
    change: Change,
    tells: Option<Told>,
    until: DateTime<Utc>,
    /// Whether its place may be lost.
    shuffle: bool,
}

impl Outbox {
    /// Takes a change in. `tells` is the message that is delivered with it.
    pub(crate) fn hold(&mut self, change: Change, tells: Option<Told>, now: DateTime<Utc>) -> Result<(), Refused> {
        self.refuse_if_full(1)?;
        let shuffle = self.faults.reorder_ms > 0;
        let wait = match (shuffle, self.faults.batch) {
            (true, _) => TimeDelta::milliseconds(self.faults.reorder_ms.into()),
            (false, 1) => return self.send(Bytes::from(body(&[change])), tells.into_iter().collect(), now),
            (false, _) => BATCH_WAIT,
        };
        self.held.push(Held { change, tells, until: now + wait, shuffle });
        Ok(())
    }

    /// Takes a body in that is to go out as it is.
    pub(crate) fn send(&mut self, body: Bytes, tells: Vec<Told>, now: DateTime<Utc>) -> Result<(), Refused> {
        self.refuse_if_full(1)?;
        self.queue(body, tells, now);
        Ok(())
    }

    /// Refuses so many changes or bodies more, if with their copies more than [`WAITING_MAX`] webhooks would wait.
    pub(crate) fn refuse_if_full(&self, more: usize) -> Result<(), Refused> {
        let waiting = self.undelivered();
        let more = more * (1 + usize::from(self.faults.duplicate));
        if waiting + more > WAITING_MAX { Err(Refused::OutboxFull(waiting)) } else { Ok(()) }
    }

    fn queue(&mut self, body: Bytes, tells: Vec<Told>, now: DateTime<Utc>) {
        let due_at = now + TimeDelta::milliseconds(self.faults.delay_ms.into());
        for _ in 0..=self.faults.duplicate {
            self.serial += 1;
            self.waiting.insert((due_at, self.serial));
            let (body, tells) = (body.clone(), tells.clone());
            let delivery = Delivery { body, tells, made_at: now, due_at, attempts: 0, state: State::Waiting, last: None };
            self.deliveries.insert(self.serial, delivery);
        }
    }

    /// The attempts to make now, at most as many as may be on their way at once.
    pub(crate) fn take_due(&mut self, now: DateTime<Utc>, dice: &mut StdRng) -> Vec<Attempt> {
        self.release(now, dice);
        let mut attempts = Vec::new();
        while self.in_flight < IN_FLIGHT_MAX {
            let Some(&(due_at, serial)) = self.waiting.first() else { break };
            if due_at > now {
                break;
            }
            self.waiting.pop_first();
            let Some(delivery) = self.deliveries.get_mut(&serial) else { continue };
            delivery.state = State::InFlight;
            self.in_flight += 1;
            attempts.push(Attempt {
                serial,
                body: delivery.body.clone(),
                wrong_signature: dice.random_bool(self.faults.wrong_signature),
                drop: dice.random_bool(self.faults.drop),
                lose_answer: dice.random_bool(self.faults.lose_answer),
            });
        }
        attempts
    }

    /// Puts held changes into bodies, once their time has come or a batch is full.
    fn release(&mut self, now: DateTime<Utc>, dice: &mut StdRng) {
        let batch = usize::from(self.faults.batch);
        let full = batch > 1 && self.faults.reorder_ms == 0 && self.held.len() >= batch;
        if !full && !self.held.iter().any(|held| held.until <= now) {
            return;
        }
        // whoever waits longest opens the window for all: else a steady stream would never be shuffled
        let mut held = std::mem::take(&mut self.held);
        if held.iter().any(|held| held.shuffle) {
            held.shuffle(dice);
        }
        for chunk in held.chunks(batch) {
            let changes: Vec<Change> = chunk.iter().map(|held| held.change.clone()).collect();
            let tells = chunk.iter().filter_map(|held| held.tells.clone()).collect();
            self.queue(Bytes::from(body(&changes)), tells, now);
        }
    }

    /// Takes in what an attempt met; gives the messages that are delivered by it.
    pub(crate) fn met(&mut self, serial: u64, outcome: Result<u16, String>, now: DateTime<Utc>) -> Vec<Told> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Some(delivery) = self.deliveries.get_mut(&serial) else { return Vec::new() };
        if !delivery.met(outcome, now) {
            self.waiting.insert((delivery.due_at, serial));
            return Vec::new();
        }
        let told = if delivery.state == State::Delivered { std::mem::take(&mut delivery.tells) } else { Vec::new() };
        self.finished.push_back(serial);
        if self.finished.len() > FINISHED_MAX
            && let Some(oldest) = self.finished.pop_front()
        {
            self.deliveries.remove(&oldest);
        }
        told
    }

    /// When there is something to do next, if nothing new comes.
    pub(crate) fn next_at(&self) -> Option<DateTime<Utc>> {
        let held = self.held.iter().map(|held| held.until).min();
        let waiting = self.waiting.first().map(|(due_at, _)| *due_at).filter(|_| self.in_flight < IN_FLIGHT_MAX);
        held.into_iter().chain(waiting).min()
    }

    /// Makes everything that waits due now.
    pub(crate) fn hurry(&mut self, now: DateTime<Utc>) -> usize {
        for (_, serial) in std::mem::take(&mut self.waiting) {
            if let Some(delivery) = self.deliveries.get_mut(&serial) {
                delivery.due_at = delivery.due_at.min(now);
                self.waiting.insert((delivery.due_at, serial));
            }
        }
        self.held.iter_mut().for_each(|held| held.until = held.until.min(now));
        self.waiting.len() + self.held.len()
    }

    /// Held, waiting and on their way.
    pub(crate) fn undelivered(&self) -> usize {
        self.held.len() + self.waiting.len() + self.in_flight
    }

    /// From the newest to the oldest.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (u64, &Delivery)> {
        self.deliveries.iter().rev().map(|(serial, delivery)| (*serial, delivery))
    }
}
