//! A tap on something in a message of the business: what the phone does then, and what it sends.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::chat::Bubble;
use crate::view::Choice;
use crate::world::World;
use crate::{Message, Refused, Saying};

/// Where people are who are asked where they are and do not say.
const SOMEWHERE: (f64, f64) = (52.520_008, 13.404_954);

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
    let Choice { answer, id, title, description, .. } = choice;
    let saying = match answer {
        "button_reply" => Saying::ButtonReply { id, title },
        "list_reply" => Saying::ListReply { id, title, description },
        "button" => Saying::Button { payload: id, text: title },
        "location" => {
            let (latitude, longitude) = tap.place.unwrap_or(SOMEWHERE);
            Saying::Location { latitude, longitude, name: None, address: None }
        }
        "nfm_reply" => return Err(Refused::Invalid("a Flow is opened and filled in, or submitted".to_owned())),
        what => return Ok(Tapped::Opened { what, value: id }),
    };
    let message = Message { to: to.clone(), reply_to: Some(wamid.clone()), forwarded: false, saying };
    Ok(Tapped::Answered { wamid: world.say(wa_id, &message, now)? })
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
