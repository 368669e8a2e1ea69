//! A person calls a business number. Nobody answers here: it rings, and then it is over.

use chrono::{DateTime, TimeDelta, Utc};
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::chat::Bubble;
use crate::delivery::Told;
use crate::person::Person;
use crate::schedule::{Due, SCHEDULED_MAX};
use crate::world::World;
use crate::{Refused, made_up, webhook};

/// How long it rings. Meta's own limit is not documented; half a minute to a minute is reported.
const RINGS: TimeDelta = TimeDelta::seconds(30);
/// One when it rings, one when it is over.
const WEBHOOKS: usize = 2;

impl World {
    /// It rings: the webhook for it is on its way, and the business may answer freely from now on, in writing. Gives Meta's id of the call.
    pub(crate) fn call(&mut self, from: &WaId, to: &PhoneNumberId, now: DateTime<Utc>) -> Result<Wamid, Refused> {
        self.outbox.refuse_if_full(WEBHOOKS)?;
        if self.schedule.is_full() {
            return Err(Refused::Full { what: "things that are to happen", limit: SCHEDULED_MAX });
        }
        let person = self.person(from)?.clone();
        let number = self.number(to)?.clone();
        let wacid = made_up::wacid(from, &mut self.dice);
        let told = (from.clone(), to.clone(), wacid.clone());
        self.outbox.hold(webhook::call(&number, &person, &wacid, false, now), Some(told.clone()), now)?;
        self.schedule.at(now + RINGS, Due::CallOver(Box::new(told)));
        let chat = self.chat(from, to);
        chat.person_spoke_at = Some(now);
        let gone = chat.push(Bubble::call(wacid.clone(), now));
        self.forget(gone);
        Ok(wacid)
    }

    /// Nobody answered: the webhook for it is on its way.
    pub(crate) fn call_over(&mut self, (wa_id, to, wacid): &Told, now: DateTime<Utc>) -> Result<(), Refused> {
        // Whoever has another number since called with this one.
        let person = self.people.get(wa_id).cloned().unwrap_or_else(|| Person::new(wa_id.clone()));
        let change = webhook::call(self.number(to)?, &person, wacid, true, now);
        self.outbox.hold(change, None, now)
    }
}
