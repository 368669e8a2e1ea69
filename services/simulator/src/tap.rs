//! A tap on something in a message of the business: what the phone does then, and what it sends.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::chat::Bubble;
use crate::view::Choice;
use crate::world::World;
use crate::{Message, Refused, Saying};

/// Where people are who are asked where they are and do not say.
const SOMEWHERE: (f64, f64) = (52.520_008, 13.404_954);

/// What is ordered from a catalogue of which the message shows nothing.
const SOMETHING: &str = "SKU-1";
const PRICE: f64 = 9.5;

/// What is tapped on: the choice with this place, id or title.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tap {
    pub(crate) index: Option<usize>,
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    /// For a request for a location.
    pub(crate) place: Option<(f64, f64)>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "did", rename_all = "snake_case")]
pub(crate) enum Tapped {
    /// An answer is on its way.
    Answered {
        #[schema(value_type = String)]
        wamid: Wamid,
    },
    /// The phone opens a page, dials a number or copies a code; the business hears nothing.
    Opened { what: &'static str, value: String },
}

/// See the module.
pub(crate) fn tap(
    world: &mut World,
    (wa_id, to): (&WaId, &PhoneNumberId),
    wamid: &Wamid,
    tap: &Tap,
    now: DateTime<Utc>,
) -> Result<Tapped, Refused> {
    let bubble = message(world, (wa_id, to), wamid)?;
    let choice = chosen(&bubble.choices, tap)?.clone();
    let body = bubble.body.clone().unwrap_or_default();
    let Choice { answer, id, title, description, .. } = choice;
    let saying = match answer {
        "button_reply" => Saying::ButtonReply { id, title },
        "list_reply" => Saying::ListReply { id, title, description },
        "button" => Saying::Button { payload: id, text: title },
        "location" => {
            let (latitude, longitude) = tap.place.unwrap_or(SOMEWHERE);
            Saying::Location { latitude, longitude, name: None, address: None }
        }
        "order" => {
            let product = if id.is_empty() { SOMETHING.to_owned() } else { id };
            Saying::Order { product, quantity: 1, price: PRICE, text: None, catalog: catalog_of(&body) }
        }
        "address" => address(&body, id),
        "call_permission_reply" => Saying::CallPermissionReply { reject: id == "reject" },
        "contacts" => Saying::Contacts { name: world.person(wa_id)?.name.clone(), phone: wa_id.clone() },
        "call" => return Ok(Tapped::Answered { wamid: world.call(wa_id, to, now)? }),
        "nfm_reply" => return Err(Refused::Invalid("a Flow is opened and filled in, or submitted".to_owned())),
        what => return Ok(Tapped::Opened { what, value: id }),
    };
    let message = Message { to: to.clone(), reply_to: Some(wamid.clone()), forwarded: false, saying };
    Ok(Tapped::Answered { wamid: world.say(wa_id, &message, now)? })
}

/// The catalogue that a message names, in its action or with a product in the header of its template or a card: an account has one.
fn catalog_of(content: &Value) -> Option<String> {
    match content {
        Value::Object(fields) => {
            let named = fields.get("catalog_id").and_then(Value::as_str).map(str::to_owned);
            named.or_else(|| fields.values().find_map(catalog_of))
        }
        Value::Array(items) => items.iter().find_map(catalog_of),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The one that is offered under this id, or a made-up one with what the business knows of it.
fn address(body: &Value, id: String) -> Saying {
    let parameters = &body["interactive"]["action"]["parameters"];
    let mut offered = parameters["saved_addresses"].as_array().into_iter().flatten();
    if let Some(address) = offered.find(|address| address["id"] == id.as_str()) {
        return Saying::Address { values: address["value"].clone(), saved: Some(id) };
    }
    let mut values = json!({"address": "12 Hill Road", "city": "Mumbai", "state": "Maharashtra", "in_pin_code": "400050"});
    for (field, value) in parameters["values"].as_object().into_iter().flatten() {
        values[field.as_str()] = value.clone();
    }
    Saying::Address { values, saved: None }
}

/// A message of the business on this phone.
pub(crate) fn message<'a>(world: &'a World, (wa_id, to): (&WaId, &PhoneNumberId), wamid: &Wamid) -> Result<&'a Bubble, Refused> {
    let chat = world.chats.get(&(wa_id.clone(), to.clone())).ok_or_else(|| Refused::NoChat(wa_id.to_string()))?;
    chat.get(wamid).filter(|bubble| !bubble.from_person).ok_or(Refused::NoSuchThing("message with this id in the chat"))
}

fn chosen<'a>(choices: &'a [Choice], tap: &Tap) -> Result<&'a Choice, Refused> {
    let fits = |(index, choice): &(usize, &Choice)| {
        tap.index.is_none_or(|wanted| wanted == *index)
            && tap.id.as_ref().is_none_or(|id| *id == choice.id)
            && tap.title.as_ref().is_none_or(|title| *title == choice.title)
    };
    let mut found = choices.iter().enumerate().filter(fits);
    match (found.next(), found.next()) {
        (Some((_, choice)), None) => Ok(choice),
        (Some(_), Some(_)) => Err(Refused::Invalid("more than one choice fits: say which by its index".to_owned())),
        (None, _) => Err(Refused::NoSuchThing("such choice in the message")),
    }
}
