//! Everybody and everything that is simulated, and what follows from what people do. No I/O, no clock: `now` is an argument.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use serde_json::json;
use whatsapp::{Bsuid, PhoneNumberId, WaId, WabaId, Wamid};

use crate::chat::{Bubble, Chat, Tick};
use crate::content::Content;
use crate::delivery::Told;
use crate::graph::{MediaOrigin, Meta};
use crate::number::Number;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::rate::Used;
use crate::reached::Reached;
use crate::received::Ledger;
use crate::schedule::Schedule;
use crate::{Message, Refused, Rules, Saying, made_up, webhook};

const PEOPLE_MAX: usize = 100_000;
const NUMBERS_MAX: usize = 10_000;

pub(crate) struct World {
    pub(crate) people: BTreeMap<WaId, Person>,
    /// Who has which user id.
    pub(crate) users: HashMap<String, WaId>,
    pub(crate) numbers: BTreeMap<PhoneNumberId, Number>,
    pub(crate) chats: BTreeMap<(WaId, PhoneNumberId), Chat>,
    /// Whose chat a message of a person is in.
    pub(crate) inbound: HashMap<Wamid, (WaId, PhoneNumberId)>,
    /// What each number has used of its throughput.
    pub(crate) sent: HashMap<PhoneNumberId, Used>,
    /// What each account has used of its messaging limit.
    pub(crate) reached: BTreeMap<WabaId, Reached>,
    pub(crate) received: Ledger,
    pub(crate) outbox: Outbox,
    pub(crate) schedule: Schedule,
    pub(crate) rules: Rules,
    pub(crate) meta: Meta,
    pub(crate) dice: StdRng,
}

impl World {
    pub(crate) fn new(dice: StdRng, meta: Meta) -> Self {
        Self {
            people: BTreeMap::new(),
            users: HashMap::new(),
            numbers: BTreeMap::new(),
            chats: BTreeMap::new(),
            inbound: HashMap::new(),
            sent: HashMap::new(),
            reached: BTreeMap::new(),
            received: Ledger::default(),
            outbox: Outbox::default(),
            schedule: Schedule::default(),
            rules: Rules::default(),
            meta,
            dice,
        }
    }

    /// Whoever has this number; a new person if nobody has.
    pub(crate) fn person(&mut self, wa_id: &WaId) -> Result<&mut Person, Refused> {
        if !self.people.contains_key(wa_id) {
            if self.people.len() >= PEOPLE_MAX {
                return Err(Refused::Full { what: "phones", limit: PEOPLE_MAX });
            }
            let person = Person::new(wa_id.clone());
            self.users.insert(person.user_id.as_str().to_owned(), wa_id.clone());
            self.people.insert(wa_id.clone(), person);
        }
        self.known_person(wa_id)
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

    /// A bubble has left its chat.
    pub(crate) fn forget(&mut self, gone: Option<Bubble>) {
        if let Some(gone) = gone {
            self.inbound.remove(&gone.wamid);
        }
    }

    /// A person sends something; the webhook for it is on its way.
    pub(crate) fn say(&mut self, from: &WaId, message: &Message, now: DateTime<Utc>) -> Result<Wamid, Refused> {
        message.saying.check()?;
        self.outbox.refuse_if_full(1)?;
        let person = self.person(from)?.clone();
        let number = self.number(&message.to)?.clone();
        let content = self.content(message, now)?;
        let wamid = made_up::wamid(from, false, &mut self.dice);
        let answers = message.reply_to.as_ref().map(|id| {
            let from = if self.chat(from, &message.to).get(id).is_some_and(|bubble| bubble.from_person) {
                from.as_str()
            } else {
                &number.display_phone_number
            };
            json!({"from": from, "id": id})
        });
        let file = content.file.clone();
        let context = answers.or_else(|| message.forwarded.then(|| json!({"forwarded": true})));
        let change = webhook::message(&number, &person, &wamid, now, context, content);
        self.outbox.hold(change, Some((from.clone(), message.to.clone(), wamid.clone())), now)?;
        let chat = self.chat(from, &message.to);
        chat.person_spoke_at = Some(now);
        let (shown, gone) = show(chat, &wamid, message, file, now);
        if shown {
            self.inbound.insert(wamid.clone(), (from.clone(), message.to.clone()));
        }
        self.forget(gone);
        Ok(wamid)
    }

    /// What Meta says of it; a file is kept so that it can be fetched.
    fn content(&mut self, message: &Message, now: DateTime<Utc>) -> Result<Content, Refused> {
        let Some((sample, chosen)) = message.saying.file() else { return Ok(message.saying.content(None)) };
        let id = match chosen {
            Some(id) => id.to_owned(),
            None => {
                let bytes = sample.bytes(&mut self.dice);
                self.keep_file(&message.to, sample.mime_type(), bytes, now)?
            }
        };
        let media = self.meta.media.get(&id, now).filter(|media| media.number == message.to);
        let media = media.ok_or_else(|| Refused::Invalid(format!("no file {id} was sent to this number")))?;
        let object = media.object(&id, self.meta.origin.as_deref(), self.meta.app_secret.expose(), now);
        Ok(message.saying.content(Some(object)))
    }

    /// A file that a person sends to a number; its id.
    pub(crate) fn keep_file(&mut self, to: &PhoneNumberId, mime_type: &str, bytes: Bytes, now: DateTime<Utc>) -> Result<String, Refused> {
        self.meta.media.keep(to, mime_type, bytes, MediaOrigin::Person, now, &mut self.dice)
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
            let id = number.phone_number_id;
            if let Some(chat) = self.chats.remove(&(wa_id.clone(), id.clone())) {
                for bubble in chat.bubbles().filter(|bubble| bubble.from_person) {
                    self.inbound.insert(bubble.wamid.clone(), (to.clone(), id.clone()));
                }
                self.chats.insert((to.clone(), id), chat);
            }
        }
        self.people.remove(wa_id);
        self.users_changed(&before.user_id, &after);
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
        self.users_changed(&before.user_id, &after);
        self.people.insert(wa_id.clone(), after.clone());
        Ok(after)
    }

    fn users_changed(&mut self, before: &Bsuid, after: &Person) {
        self.users.remove(before.as_str());
        self.users.insert(after.user_id.as_str().to_owned(), after.wa_id.clone());
    }

    /// Webhooks were answered with 200: the phone shows two ticks.
    pub(crate) fn delivered(&mut self, told: Vec<Told>) {
        for (wa_id, number, wamid) in told {
            if let Some(chat) = self.chats.get_mut(&(wa_id, number)) {
                chat.tick(&wamid, Tick::Delivered);
            }
        }
    }

    fn numbers_of(&self, wa_id: &WaId) -> Result<Vec<Number>, Refused> {
        let of_person = self.chats.keys().filter(|(chatter, _)| chatter == wa_id);
        let numbers: Vec<Number> = of_person.filter_map(|(_, id)| self.numbers.get(id)).cloned().collect();
        if numbers.is_empty() { Err(Refused::NoChat(wa_id.to_string())) } else { Ok(numbers) }
    }
}

/// Puts what was said on the phone's own screen: whether as a bubble of its own, and the one that had to go for it.
fn show(chat: &mut Chat, wamid: &Wamid, message: &Message, file: Option<crate::view::File>, now: DateTime<Utc>) -> (bool, Option<Bubble>) {
    let Some(bubble) = message.saying.target().and_then(|target| chat.find(target)) else {
        let mut bubble = Bubble::new(wamid.clone(), true, message.saying.name(), message.saying.text(), now);
        bubble.reply_to = message.reply_to.clone();
        bubble.look.file = file;
        return (true, chat.push(bubble));
    };
    match &message.saying {
        Saying::Reaction { emoji, .. } => bubble.person_reaction = emoji.clone().filter(|emoji| !emoji.is_empty()),
        Saying::Edit { body, .. } => {
            bubble.text = body.clone();
            bubble.edited = true;
        }
        _ => bubble.revoked = true,
    }
    (false, None)
}
