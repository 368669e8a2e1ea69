//! The value of a change: its lists of items, read one by one.

use serde_json::value::{RawValue, to_raw_value};

use super::history::each_object;
use super::{Call, HistoryChunk, Message, MetaError, Profile, Status, UserAction, UserIdUpdate, UserPreference};
use crate::lenient::{Object, elements, is_null};
use crate::{Bsuid, Phone, PhoneNumberId, WaId};

/// One change, read. All lists are in Meta's order and may all be empty.
#[derive(Debug, Clone, Default)]
pub struct Value {
    /// The change's field, if it names one.
    pub field: Option<String>,
    pub phone_number_id: Option<PhoneNumberId>,
    pub display_phone_number: Option<Phone>,
    /// Who is talked about: not aligned with the other lists, see [`Value::profile_for`].
    pub contacts: Vec<Profile>,
    pub messages: Vec<Message>,
    pub statuses: Vec<Status>,
    /// What the business typed in its WhatsApp Business app; `from` is the business.
    pub message_echoes: Vec<Message>,
    pub history: Vec<HistoryChunk>,
    pub user_id_updates: Vec<UserIdUpdate>,
    pub user_preferences: Vec<UserPreference>,
    pub user_actions: Vec<UserAction>,
    /// Where there are some, `statuses` are of calls as well.
    pub calls: Vec<Call>,
    /// Errors of the number or account, not of one message.
    pub errors: Vec<MetaError>,
    /// Items of the lists above that are not what the list promises.
    pub leftovers: Vec<Leftover>,
    /// Keys of the value that are none of the lists above, as they came.
    pub others: Vec<(String, Box<RawValue>)>,
}

/// An item that could not be read as what it should be.
#[derive(Debug, Clone)]
pub struct Leftover {
    /// The list it stood in: `messages`, `history.threads`, … or `change` for a change without an object as its value.
    pub list: &'static str,
    /// As it came. Text that is not JSON is a JSON string of it.
    pub raw: Box<RawValue>,
}

impl Leftover {
    pub(crate) fn new(list: &'static str, raw: &RawValue) -> Self {
        Self { list, raw: raw.to_owned() }
    }
}

impl Value {
    /// Reads a change, `{"value": {…}, "field": "…"}`, as [`crate::split`] cuts it out. If it is something else, it is the one leftover.
    pub fn parse(change: &str) -> Self {
        let mut value = Self::default();
        let Ok(json) = serde_json::from_str::<&RawValue>(change) else {
            value.leftovers.extend(to_raw_value(change).ok().map(|raw| Leftover { list: "change", raw }));
            return value;
        };
        let object = Object::read(json);
        value.field = object.as_ref().and_then(|object| object.string("field"));
        let bodies: Vec<Option<Object<'_>>> = object.iter().flat_map(|object| object.all("value")).map(Object::read).collect();
        if bodies.is_empty() || bodies.iter().any(Option::is_none) {
            value.leftovers.push(Leftover::new("change", json));
        }
        for body in bodies.iter().flatten() {
            value.read_body(body);
        }
        value
    }

    /// The profile that goes with a message: by its sender's user id, else by the number.
    pub fn profile_for(&self, message: &Message) -> Option<&Profile> {
        self.profile_of(message.from.as_ref(), message.from_user_id.as_ref())
    }

    /// The profile of whoever has this user id, else this number, in whichever spelling.
    pub fn profile_of(&self, wa_id: Option<&WaId>, user_id: Option<&Bsuid>) -> Option<&Profile> {
        let by_user = user_id.and_then(|id| self.contacts.iter().find(|profile| profile.user_id.as_ref() == Some(id)));
        by_user.or_else(|| {
            let key = wa_id?.canonical();
            self.contacts.iter().find(|profile| profile.wa_id.as_ref().is_some_and(|id| id.canonical() == key))
        })
    }

    fn read_body(&mut self, body: &Object<'_>) {
        if let Some(metadata) = body.object("metadata") {
            self.phone_number_id = metadata.parsed("phone_number_id", PhoneNumberId::parse);
            self.display_phone_number = metadata.parsed("display_phone_number", Phone::parse);
        }
        let left = &mut self.leftovers;
        for (key, json) in body.members() {
            match key {
                "contacts" => read_items("contacts", json, &mut self.contacts, left, Profile::read),
                "messages" => read_items("messages", json, &mut self.messages, left, Message::read),
                "statuses" => read_items("statuses", json, &mut self.statuses, left, Status::read),
                "message_echoes" => read_items("message_echoes", json, &mut self.message_echoes, left, Message::read),
                "history" => each_object("history", json, left, |chunk, left| self.history.push(HistoryChunk::read(&chunk, left))),
                "user_id_update" => read_items("user_id_update", json, &mut self.user_id_updates, left, UserIdUpdate::read),
                "user_preferences" => read_items("user_preferences", json, &mut self.user_preferences, left, UserPreference::read),
                "user_actions" => read_items("user_actions", json, &mut self.user_actions, left, UserAction::read),
                "calls" => read_items("calls", json, &mut self.calls, left, Call::read),
                "errors" => read_items("errors", json, &mut self.errors, left, MetaError::read),
                "metadata" | "messaging_product" => {}
                other => self.others.push((other.to_owned(), json.to_owned())),
            }
        }
    }
}

/// Every element of `json` goes to `items` or to `leftovers`; a list that is none goes to the leftovers whole.
pub(crate) fn read_items<T>(
    list: &'static str,
    json: &RawValue,
    items: &mut Vec<T>,
    leftovers: &mut Vec<Leftover>,
    read: impl Fn(&RawValue) -> Option<T>,
) {
    if is_null(json) {
        return;
    }
    let Some(elements) = elements(json) else {
        return leftovers.push(Leftover::new(list, json));
    };
    for element in elements {
        match read(element) {
            Some(item) => items.push(item),
            None => leftovers.push(Leftover::new(list, element)),
        }
    }
}
