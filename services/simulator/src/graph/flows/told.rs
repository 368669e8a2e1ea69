//! The field `flows` of webhooks, and the signed links to assets.

use chassis::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use whatsapp::WabaId;

use super::{Flow, Status};
use crate::graph::GraphRefusal;
use crate::webhook::Change;
use crate::world::World;

const LINK_LIFE: TimeDelta = TimeDelta::hours(1);

/// `FLOW_STATUS_CHANGE`; without `before` the Flow is new.
pub(super) fn status(flow: &Flow, before: Option<Status>, now: DateTime<Utc>) -> Change {
    let mut value = json!({
        "event": "FLOW_STATUS_CHANGE", "flow_id": flow.id, "new_status": flow.status.as_str(),
        "message": match before {
            Some(before) => format!("Flow {} changed status from {} to {}", flow.name, before.as_str(), flow.status.as_str()),
            None => format!("Flow {} was created with status {}", flow.name, flow.status.as_str()),
        },
    });
    if let Some(before) = before {
        value["old_status"] = json!(before.as_str());
    }
    change(flow, &value, now)
}

pub(super) fn change(flow: &Flow, value: &Value, now: DateTime<Utc>) -> Change {
    Change { waba_id: flow.waba.to_string(), field: "flows", value: value.to_string(), time: Some(now.timestamp()) }
}

/// Sends it to whoever has subscribed.
pub(super) fn send(world: &mut World, change: Change, now: DateTime<Utc>) -> Result<(), GraphRefusal> {
    if !WabaId::parse(&change.waba_id).is_some_and(|waba| world.meta.hears_of(&waba)) {
        return Ok(());
    }
    let held = world.outbox.hold(change, None, now);
    held.map_err(|refused| GraphRefusal::new(500, 131_016, "(#131016) Service unavailable").details(&refused.to_string()))
}

/// A link to the JSON.
pub(super) fn link(secret: &Secret, origin: &str, id: &str, now: DateTime<Utc>) -> String {
    let until = (now + LINK_LIFE).timestamp();
    format!("{origin}/sim/flows/{id}/flow.json?ext={until}&hash={}", seal(secret, id, until))
}

/// Whether the link is one of ours, and not too old.
pub(super) fn link_holds(secret: &Secret, id: &str, until: Option<&str>, hash: Option<&str>, now: DateTime<Utc>) -> bool {
    let Some(until) = until.and_then(|text| text.parse::<i64>().ok()) else { return false };
    let same = seal(secret, id, until).as_bytes().ct_eq(hash.unwrap_or_default().as_bytes());
    now.timestamp() <= until && bool::from(same)
}

fn seal(secret: &Secret, id: &str, until: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key of any length will do");
    mac.update(format!("flow {id} {until}").as_bytes());
    hex::encode(&mac.finalize().into_bytes()[..16])
}
