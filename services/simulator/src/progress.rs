//! What becomes of a message of the business: its statuses, its ticks, and the phone that has it.

use chrono::{DateTime, TimeDelta, Utc};
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::Refused;
use crate::chat::{Bubble, Tick};
use crate::graph::review_due;
use crate::person::Person;
use crate::received::Received;
use crate::schedule::{Due, Step, StepName};
use crate::webhook::{self, Status};
use crate::world::World;

/// When something is tried again for which there was no room.
const ROOM_WAIT: TimeDelta = TimeDelta::seconds(1);

impl World {
    /// Does what is due. What there is no room for waits a little.
    pub(crate) fn run_due(&mut self, now: DateTime<Utc>) {
        while let Some(due) = self.schedule.pop(now) {
            let done = match &due {
                Due::Status(step) => self.step(step, now),
                Due::CallOver(told) => self.call_over(told, now),
                Due::Review(template) => match review_due(self, template, now) {
                    Err(Refused::OutboxFull(waiting)) => Err(Refused::OutboxFull(waiting)),
                    // It was deleted, or somebody decided before.
                    Ok(()) | Err(_) => Ok(()),
                },
            };
            if done.is_err() {
                self.schedule.at(now + ROOM_WAIT, due);
            }
        }
    }

    /// One step; the next follows from the rules.
    fn step(&mut self, step: &Step, now: DateTime<Utc>) -> Result<(), Refused> {
        let (name, tick, error) = match step.name {
            StepName::Sent => ("sent", Tick::Sent, None),
            StepName::Delivered => ("delivered", Tick::Delivered, None),
            StepName::Read => ("read", Tick::Read, None),
            StepName::Failed(code, title) => ("failed", Tick::Failed, Some((code, title))),
        };
        let (opaque, category) = (step.opaque.as_deref(), Some(step.category));
        self.send_status(&step.told, Status { name, opaque, error, category }, tick, now)?;
        let phone_has_it = match step.name {
            StepName::Sent => step.last,
            StepName::Delivered => true,
            StepName::Read | StepName::Failed(..) => false,
        };
        if phone_has_it {
            let (to, from, wamid) = step.told.clone();
            let biz_opaque_callback_data = step.opaque.clone();
            self.received.push(Received { number: 0, wamid, biz_opaque_callback_data, from, to, body: step.body.clone(), at: now });
        }
        let next = match step.name {
            StepName::Sent if !step.last => Some((StepName::Delivered, self.rules.delivered_ms)),
            StepName::Delivered => self.rules.read_ms.map(|read_ms| (StepName::Read, read_ms)),
            StepName::Sent | StepName::Read | StepName::Failed(..) => None,
        };
        if let Some((name, after_ms)) = next {
            self.schedule.at(now + TimeDelta::milliseconds(after_ms.into()), Due::Status(Box::new(Step { name, ..step.clone() })));
        }
        Ok(())
    }

    /// The person looks at the chat: what the business wrote is read.
    pub(crate) fn read_chat(&mut self, wa_id: &WaId, to: &PhoneNumberId, now: DateTime<Utc>) -> Result<usize, Refused> {
        self.known_person(wa_id)?;
        let Some(chat) = self.chats.get(&(wa_id.clone(), to.clone())) else { return Ok(0) };
        let unread = |bubble: &&Bubble| !bubble.from_person && bubble.tick == Tick::Delivered;
        let unread: Vec<Wamid> = chat.bubbles().filter(unread).map(|bubble| bubble.wamid.clone()).collect();
        for wamid in &unread {
            self.status(wa_id, to, wamid, "read", None, now)?;
        }
        Ok(unread.len())
    }

    /// Something becomes of a message of the business, known here or not; the webhook for it is on its way.
    pub(crate) fn status(
        &mut self,
        wa_id: &WaId,
        from: &PhoneNumberId,
        wamid: &Wamid,
        name: &str,
        error: Option<(i64, &str)>,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        let told = (wa_id.clone(), from.clone(), wamid.clone());
        let bubble = self.chats.get(&(wa_id.clone(), from.clone())).and_then(|chat| chat.get(wamid));
        let opaque = bubble.and_then(|bubble| bubble.opaque.clone());
        let tick = match name {
            "delivered" => Tick::Delivered,
            "read" | "played" => Tick::Read,
            "failed" => Tick::Failed,
            _ => Tick::Sent,
        };
        self.send_status(&told, Status { name, opaque: opaque.as_deref(), error, category: None }, tick, now)
    }

    fn send_status(
        &mut self,
        (wa_id, from, wamid): &(WaId, PhoneNumberId, Wamid),
        status: Status<'_>,
        tick: Tick,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        // Whom nobody knows here has an id all the same.
        let person = self.people.get(wa_id).cloned().unwrap_or_else(|| Person::new(wa_id.clone()));
        let error = status.error.map(|(code, _)| code);
        let change = webhook::status(self.number(from)?, &person, wamid, status, now);
        self.outbox.hold(change, None, now)?;
        if let Some(chat) = self.chats.get_mut(&(wa_id.clone(), from.clone())) {
            chat.tick(wamid, tick);
            if let (Some(bubble), Some(code)) = (chat.find(wamid), error) {
                bubble.error = Some(code);
            }
        }
        Ok(())
    }
}
