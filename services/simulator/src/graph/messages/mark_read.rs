//! The business has read a message of a person, and perhaps it is typing an answer.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use whatsapp::{PhoneNumberId, Wamid};

use crate::graph::GraphRefusal;
use crate::world::World;

/// How long a message can be marked.
const MARK_WITHIN: TimeDelta = TimeDelta::days(30);
const TYPING: TimeDelta = TimeDelta::seconds(25);

/// Marks the message, and all before it in its chat.
pub(super) fn mark_read(
    world: &mut World,
    from: &PhoneNumberId,
    wamid: &Wamid,
    typing: bool,
    now: DateTime<Utc>,
) -> Result<Value, GraphRefusal> {
    let nothing = || GraphRefusal::invalid("message_id is not a message to this number of the last 30 days");
    let (wa_id, _) = world.inbound.get(wamid).filter(|(_, number)| number == from).cloned().ok_or_else(nothing)?;
    let chat = world.chat(&wa_id, from);
    if chat.get(wamid).is_none_or(|bubble| bubble.is_call() || now - bubble.at > MARK_WITHIN) {
        return Err(nothing());
    }
    chat.read_by_business(wamid);
    if typing {
        chat.typing_until = Some(now + TYPING);
    }
    Ok(json!({"success": true}))
}
