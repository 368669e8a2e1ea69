//! What a webhook says, as a list of items: each a message, a call, a status or a change of a person, with who it is about.
//!
//! Nothing is dropped: what has no wamid or names nobody becomes an unassigned item, with Meta's bytes.

mod said;

use chrono::{DateTime, SubsecRound, Utc};
use contract::{ContactProfile, Identity, IdentityKind, MessageId, RawJson, Recorded};
use serde_json::value::RawValue;
use whatsapp::payload::{Call, Message, Profile, Status, UserIdUpdate, Value};
use whatsapp::{Bsuid, WaId};

use crate::fit::{NAME_CHARS_MAX, PERSON_CHARS_MAX, fit};
use crate::raw::keep;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// When, by Meta's time stamp; the time of receipt where Meta gave none.
    pub at: DateTime<Utc>,
    /// Who it is about.
    pub who: Who,
    /// What happened.
    pub what: What,
}

/// How a person is named in one item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Who {
    /// Strongest first. Empty: nobody is named.
    pub identities: Vec<Identity>,
    /// How they show themselves, as far as this item says.
    pub profile: ContactProfile,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Something was said.
    Said(Said),
    /// Meta reported what became of an outbound message.
    Status {
        wamid: String,
        status: String,
        participant: Option<String>,
        error_code: Option<i64>,
        /// Our id of the message, which we gave Meta when it was sent.
        asked: Option<MessageId>,
        raw: RawJson,
    },
    /// The person has other ids now.
    Changed(Vec<Replaced>),
    /// The person allowed or refused a category of messages.
    Preference { category: String, value: String },
    /// Something that names no person, or no message.
    Unassigned { key: String, raw: RawJson },
}

/// A message as it came, or a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub how: How,
    pub wamid: String,
    /// Milliseconds since 1970 of Meta's time stamp; 0 where Meta gave none, so that a redelivery has the same id.
    pub stamp_ms: u64,
    pub kind: String,
    pub text: Option<String>,
    pub reply_to: Option<String>,
    pub target: Option<String>,
    pub group: Option<String>,
    /// Ids that a system message announces.
    pub replaced: Vec<Replaced>,
    /// What was filled into a Flow.
    pub submitted: Option<Submitted>,
    pub raw: RawJson,
}

/// A Flow as it came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Submitted {
    /// The token that it was sent with; `None`: none, or Meta's word for none.
    pub flow_token: Option<String>,
    /// What was filled in.
    pub response: RawJson,
}

/// How a message came to be known.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// The person wrote, or called.
    Received,
    /// The business wrote, in its app.
    Echoed,
    /// From before the number was connected.
    Imported { inbound: bool, status: Option<String> },
}

/// An id that took another's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Replaced {
    pub previous: Identity,
    pub current: Identity,
    /// The new number in Meta's form, if it is a number.
    pub wa_id: Option<String>,
}

/// Reads a webhook event.
pub fn items(event: &Recorded) -> Vec<Item> {
    let change = String::from_utf8_lossy(&event.data);
    let value = Value::parse(&change);
    let mut items = Vec::new();
    // As precise as a column: what is compared later must not depend on where it was kept meanwhile.
    let out = &mut Out { received_at: event.time.trunc_subsecs(3), items: &mut items };
    for message in &value.messages {
        if value.field.as_deref() == Some("history") {
            out.imported(message, None, &value);
            continue;
        }
        let profile = value.profile_for(message);
        out.message(message, who(message.from.as_ref(), [&message.from_user_id, &message.from_parent_user_id], profile), How::Received);
    }
    for echo in &value.message_echoes {
        let profile = value.profile_of(echo.to.as_ref(), echo.to_user_id.as_ref());
        out.message(echo, who(echo.to.as_ref(), [&echo.to_user_id, &echo.to_parent_user_id], profile), How::Echoed);
    }
    value.calls.iter().for_each(|call| out.call(call, &value));
    for status in &value.statuses {
        match value.field.as_deref() {
            // What became of a call of the business', which is no message of ours.
            Some("calls") => out.unassigned("statuses", &status.raw),
            Some(_) | None => out.status(status, &value),
        }
    }
    for chunk in &value.history {
        for thread in &chunk.threads {
            thread.messages.iter().for_each(|message| out.imported(message, thread.id.as_deref(), &value));
        }
        chunk.errors.iter().for_each(|error| out.unassigned("history.errors", &error.raw));
    }
    for update in &value.user_id_updates {
        out.user_id_update(update, &value);
    }
    for preference in &value.user_preferences {
        let profile = value.profile_of(preference.wa_id.as_ref(), preference.user_id.as_ref());
        let who = who(preference.wa_id.as_ref(), [&preference.user_id, &preference.parent_user_id], profile);
        match (&preference.category, &preference.value) {
            (Some(category), Some(value)) if !who.identities.is_empty() => {
                let what = What::Preference { category: fit(category, NAME_CHARS_MAX), value: fit(value, NAME_CHARS_MAX) };
                out.items.push(Item { at: preference.timestamp.unwrap_or(out.received_at), who, what });
            }
            _incomplete => out.unassigned("user_preferences", &preference.raw),
        }
    }
    value.user_actions.iter().for_each(|action| out.unassigned("user_actions", &action.raw));
    value.errors.iter().for_each(|error| out.unassigned("errors", &error.raw));
    value.leftovers.iter().for_each(|leftover| out.unassigned(leftover.list, &leftover.raw));
    value.others.iter().for_each(|(key, raw)| out.unassigned(key, raw));
    items
}

struct Out<'a> {
    received_at: DateTime<Utc>,
    items: &'a mut Vec<Item>,
}

impl Out<'_> {
    fn message(&mut self, message: &Message, who: Who, how: How) {
        match said::by_message(message, how).filter(|_| !who.identities.is_empty()) {
            Some(said) => self.said(said, who, message.timestamp),
            None => self.unassigned("messages", &message.raw),
        }
    }

    fn call(&mut self, call: &Call, value: &Value) {
        let profile = value.profile_of(call.from.as_ref(), call.from_user_id.as_ref());
        let who = who(call.from.as_ref(), [&call.from_user_id, &call.from_parent_user_id], profile);
        match said::by_call(call).filter(|_| !who.identities.is_empty()) {
            Some(said) => self.said(said, who, call.timestamp),
            None => self.unassigned("calls", &call.raw),
        }
    }

    fn said(&mut self, said: Said, who: Who, at: Option<DateTime<Utc>>) {
        self.items.push(Item { at: at.unwrap_or(self.received_at), who, what: What::Said(said) });
    }

    /// Adds a message from before the connection. The chat's id is the person, as a number or a user id. A message was written by the
    /// business if it comes from the business' own number or, where that number is not named, from anybody but the person.
    fn imported(&mut self, message: &Message, thread: Option<&str>, value: &Value) {
        let person = thread.and_then(WaId::parse);
        let user_id = thread.and_then(Bsuid::parse);
        let is_from = |number: Option<&WaId>| message.from.as_ref().map(WaId::canonical) == number.map(WaId::canonical);
        let business = value.display_phone_number.as_ref().and_then(|number| WaId::parse(number.as_str()));
        let inbound = match business {
            Some(business) => !is_from(Some(&business)),
            None => is_from(person.as_ref()),
        };
        let (number, named, parent) = match inbound {
            true => (&message.from, &message.from_user_id, &message.from_parent_user_id),
            false => (&message.to, &message.to_user_id, &message.to_parent_user_id),
        };
        let named = named.clone().or(user_id);
        let who = who(person.as_ref().or(number.as_ref()), [&named, parent], None);
        let status = message.history_status.as_ref().filter(|_| !inbound).map(|status| fit(&status.to_lowercase(), NAME_CHARS_MAX));
        self.message(message, who, How::Imported { inbound, status });
    }

    /// Of a group message the participant is who it is about.
    fn status(&mut self, status: &Status, value: &Value) {
        let participant = status.participant_user_id.as_ref().map(Bsuid::as_str).or(status.participant_id.as_ref().map(WaId::as_str));
        let (wa_id, ids) = if participant.is_some() {
            (status.participant_id.as_ref(), [&status.participant_user_id, &status.participant_parent_user_id])
        } else {
            (status.recipient_id.as_ref(), [&status.recipient_user_id, &status.recipient_parent_user_id])
        };
        let who = who(wa_id, ids, value.profile_of(wa_id, ids[0].as_ref()));
        let what = What::Status {
            wamid: status.wamid.as_str().to_owned(),
            status: fit(status.status.as_str(), NAME_CHARS_MAX),
            participant: participant.map(str::to_owned),
            error_code: status.errors.iter().find_map(|error| error.code),
            asked: status.biz_opaque_callback_data.as_deref().and_then(|ours| ours.parse().ok()),
            raw: keep(&status.raw),
        };
        self.items.push(Item { at: status.timestamp.unwrap_or(self.received_at), who, what });
    }

    fn user_id_update(&mut self, update: &UserIdUpdate, value: &Value) {
        let pairs = [
            (IdentityKind::Bsuid, &update.user_id_previous, &update.user_id_current),
            (IdentityKind::ParentBsuid, &update.parent_user_id_previous, &update.parent_user_id_current),
        ];
        let replaced: Vec<Replaced> = pairs
            .into_iter()
            .filter_map(|(kind, previous, current)| {
                let identity = |id: &Bsuid| Identity { kind, value: id.as_str().to_owned() };
                Some(Replaced { previous: identity(previous.as_ref()?), current: identity(current.as_ref()?), wa_id: None })
            })
            .collect();
        let profile = value.profile_of(update.wa_id.as_ref(), update.user_id_previous.as_ref());
        let who = who(update.wa_id.as_ref(), [&update.user_id_previous, &update.parent_user_id_previous], profile);
        if replaced.is_empty() {
            return self.unassigned("user_id_update", &update.raw);
        }
        self.items.push(Item { at: update.timestamp.unwrap_or(self.received_at), who, what: What::Changed(replaced) });
    }

    fn unassigned(&mut self, key: &str, raw: &RawValue) {
        let what = What::Unassigned { key: fit(key, NAME_CHARS_MAX), raw: keep(raw) };
        self.items.push(Item { at: self.received_at, who: Who::default(), what });
    }
}

fn who(wa_id: Option<&WaId>, [user_id, parent_id]: [&Option<Bsuid>; 2], profile: Option<&Profile>) -> Who {
    let user_id = user_id.as_ref().or_else(|| profile?.user_id.as_ref());
    let parent_id = parent_id.as_ref().or_else(|| profile?.parent_user_id.as_ref());
    let wa_id = wa_id.or_else(|| profile?.wa_id.as_ref());
    let identities = [
        user_id.map(|id| (IdentityKind::Bsuid, id.as_str().to_owned())),
        wa_id.map(|id| (IdentityKind::Phone, id.canonical().as_str().to_owned())),
        parent_id.map(|id| (IdentityKind::ParentBsuid, id.as_str().to_owned())),
    ];
    Who {
        identities: identities.into_iter().flatten().map(|(kind, value)| Identity { kind, value }).collect(),
        profile: ContactProfile {
            name: profile.and_then(|profile| profile.name.as_deref()).map(|name| fit(name, PERSON_CHARS_MAX)),
            username: profile.and_then(|profile| profile.username.as_ref()).map(|username| username.as_str().to_owned()),
            wa_id: wa_id.map(|id| id.as_str().to_owned()),
        },
    }
}
