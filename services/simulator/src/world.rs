//! Everybody and everything that is simulated, and what follows from what people do. No I/O, no clock: `now` is an argument.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use serde_json::json;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::chat::{Bubble, Chat, Tick};
use crate::delivery::Told;
use crate::graph::Meta;
use crate::number::Number;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::{Message, Refused, Saying, made_up, webhook};

const PEOPLE_MAX: usize = 100_000;
const NUMBERS_MAX: usize = 10_000;

pub(crate) struct World {
    pub(crate) people: BTreeMap<WaId, Person>,
    pub(crate) numbers: BTreeMap<PhoneNumberId, Number>,
    pub(crate) chats: BTreeMap<(WaId, PhoneNumberId), Chat>,
    pub(crate) outbox: Outbox,
    pub(crate) meta: Meta,
    pub(crate) dice: StdRng,
}

impl World {
    pub(crate) fn new(dice: StdRng, meta: Meta) -> Self {
        Self { people: BTreeMap::new(), numbers: BTreeMap::new(), chats: BTreeMap::new(), outbox: Outbox::default(), meta, dice }
    }

    /// Whoever has this number; a new person if nobody has.
    pub(crate) fn person(&mut self, wa_id: &WaId) -> Result<&mut Person, Refused> {
        if !self.people.contains_key(wa_id) && self.people.len() >= PEOPLE_MAX {
            return Err(Refused::Full { what: "phones", limit: PEOPLE_MAX });
        }
        Ok(self.people.entry(wa_id.clone()).or_insert_with(|| Person::new(wa_id.clone())))
    }

    pub(crate) fn known_person(&mut self, wa_id: &WaId) -> Result<&mut Person, Refused> {
        self.people.get_mut(wa_id).ok_or_else(|| Refused::NoSuchPhone(wa_id.to_string()))
    }

    /// The business number with this id; a new one if there is none.
    pub(crate) fn number(&mut self, id: &PhoneNumberId) -> Result<&mut Number, Refused> {
        if !self.numbers.contains_key(id) && self.numbers.len() >= NUMBERS_MAX {
            return Err(Refused::Full { what: "business numbers", limit: NUMBERS_MAX });
        }
        Ok(self.numbers.entry(id.clone()).or_insert_with(|| Number::new(id.clone())))
    }

    pub(crate) fn chat(&mut self, wa_id: &WaId, number: &PhoneNumberId) -> &mut Chat {
        self.chats.entry((wa_id.clone(), number.clone())).or_default()
    }

    /// A person sends something; the webhook for it is on its way.
    pub(crate) fn say(&mut self, from: &WaId, message: &Message, now: DateTime<Utc>) -> Result<Wamid, Refused> {
        message.saying.check()?;
        self.outbox.refuse_if_full(1)?;
        let person = self.person(from)?.clone();
        let number = self.number(&message.to)?.clone();
        let wamid = made_up::wamid(from, false, &mut self.dice);
        let content = message.saying.content(now, &mut self.dice);
        let answers = message.reply_to.as_ref().map(|id| {
            let from = if self.chat(from, &message.to).find(id).is_some_and(|bubble| bubble.from_person) {
                from.as_str()
            } else {
                &number.display_phone_number
            };
            json!({"from": from, "id": id})
        });
        let context = answers.or_else(|| message.forwarded.then(|| json!({"forwarded": true})));
        let change = webhook::message(&number, &person, &wamid, now, context, content);
        self.outbox.hold(change, Some((from.clone(), message.to.clone(), wamid.clone())), now)?;
        let chat = self.chat(from, &message.to);
        chat.person_wrote_at = Some(now);
        show(chat, &wamid, message, now);
        Ok(wamid)
    }

    /// The person looks at the chat: what the business wrote is read.
    pub(crate) fn read_chat(&mut self, wa_id: &WaId, to: &PhoneNumberId, now: DateTime<Utc>) -> Result<usize, Refused> {
        self.known_person(wa_id)?;
        let Some(chat) = self.chats.get(&(wa_id.clone(), to.clone())) else { return Ok(0) };
        let unread = |bubble: &&Bubble| !bubble.from_person && bubble.tick == Tick::Delivered;
        let unread: Vec<Wamid> = chat.bubbles.iter().filter(unread).map(|bubble| bubble.wamid.clone()).collect();
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
        let person = self.person(wa_id)?.clone();
        let number = self.number(from)?.clone();
        let opaque = self.chat(wa_id, from).find(wamid).and_then(|bubble| bubble.opaque.clone());
        let status = webhook::status_object(&person, wamid, name, now, opaque.as_deref(), error);
        self.outbox.hold(webhook::status(&number, &person, &status), None, now)?;
        let tick = match name {
            "delivered" => Tick::Delivered,
            "read" | "played" => Tick::Read,
            "failed" => Tick::Failed,
            _ => Tick::Sent,
        };
        self.chat(wa_id, from).tick(wamid, tick);
        Ok(())
    }

    /// The person moves to another number: each business they wrote with hears of it, and of the user id that comes with it.
    pub(crate) fn change_number(&mut self, wa_id: &WaId, to: WaId, now: DateTime<Utc>) -> Result<Person, Refused> {
        if self.people.contains_key(&to) {
            return Err(Refused::PhoneTaken(to.to_string()));
        }
        let before = self.known_person(wa_id)?.clone();
        let numbers = self.numbers_of(wa_id)?;
        self.outbox.refuse_if_full(2 * numbers.len())?;
        let mut after = before.clone();
        after.change_number(to.clone());
        for number in numbers {
            let wamid = made_up::wamid(wa_id, false, &mut self.dice);
            self.outbox.hold(webhook::number_changed(&number, &before, &after, &wamid, now), None, now)?;
            self.outbox.hold(webhook::user_id_update(&number, &after, &to, &before.user_id, now), None, now)?;
            if let Some(chat) = self.chats.remove(&(wa_id.clone(), number.phone_number_id.clone())) {
                self.chats.insert((to.clone(), number.phone_number_id), chat);
            }
        }
        self.people.remove(wa_id);
        self.people.insert(to, after.clone());
        Ok(after)
    }

    /// The person's user id changes, the number stays.
    pub(crate) fn change_user_id(&mut self, wa_id: &WaId, now: DateTime<Utc>) -> Result<Person, Refused> {
        let before = self.known_person(wa_id)?.clone();
        let numbers = self.numbers_of(wa_id)?;
        self.outbox.refuse_if_full(2 * numbers.len())?;
        let mut after = before.clone();
        after.renew_user_id();
        for number in numbers {
            let wamid = made_up::wamid(wa_id, false, &mut self.dice);
            self.outbox.hold(webhook::user_id_changed(&number, &before, &after, &wamid, now), None, now)?;
            self.outbox.hold(webhook::user_id_update(&number, &after, wa_id, &before.user_id, now), None, now)?;
        }
        self.people.insert(wa_id.clone(), after.clone());
        Ok(after)
    }

    /// Webhooks were answered with 200: the phone shows two ticks.
    pub(crate) fn delivered(&mut self, told: Vec<Told>) {
        for (wa_id, number, wamid) in told {
            self.chat(&wa_id, &number).tick(&wamid, Tick::Delivered);
        }
    }

    fn numbers_of(&self, wa_id: &WaId) -> Result<Vec<Number>, Refused> {
        let of_person = self.chats.keys().filter(|(chatter, _)| chatter == wa_id);
        let numbers: Vec<Number> = of_person.filter_map(|(_, id)| self.numbers.get(id)).cloned().collect();
        if numbers.is_empty() { Err(Refused::NoChat(wa_id.to_string())) } else { Ok(numbers) }
    }
}

/// Puts what was said on the phone's own screen.
fn show(chat: &mut Chat, wamid: &Wamid, message: &Message, now: DateTime<Utc>) {
    let Some(bubble) = message.saying.target().and_then(|target| chat.find(target)) else {
        let mut bubble = Bubble::new(wamid.clone(), true, message.saying.name(), message.saying.text(), now);
        bubble.reply_to = message.reply_to.clone();
        return chat.push(bubble);
    };
    match &message.saying {
        Saying::Reaction { emoji, .. } => bubble.person_reaction = emoji.clone().filter(|emoji| !emoji.is_empty()),
        Saying::Edit { body, .. } => {
            bubble.text = body.clone();
            bubble.edited = true;
        }
        _ => bubble.revoked = true,
    }
}
