//! `POST /{flow}/publish`: what is in the draft is what people get from now on. Meta has many conditions, and names the first that fails.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Flow, Status, findings, of_token, refused, told};
use crate::graph::{GraphRefusal, Request, encryption};
use crate::world::World;

/// See the module.
pub(crate) fn publish(world: &mut World, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    of_token(&mut world.meta, request, id)?;
    publish_flow(world, id, now)?;
    Ok(json!({"success": true}))
}

/// The same, once it is clear that it is allowed.
pub(super) fn publish_flow(world: &mut World, id: &str, now: DateTime<Utc>) -> Result<(), GraphRefusal> {
    let Some(flow) = world.meta.flows.get(id) else { return Err(GraphRefusal::no_object(id)) };
    ready(world, flow)?;
    let Some(flow) = world.meta.flows.by_id.get_mut(id) else { return Err(GraphRefusal::no_object(id)) };
    flow.published = flow.json.clone();
    flow.status = Status::Published;
    flow.updated_at = now;
    let change = told::status(flow, Some(Status::Draft), now);
    told::send(world, change, now)
}

fn ready(world: &World, flow: &Flow) -> Result<(), GraphRefusal> {
    let no = |details: &str| Err(refused(139_002, "Publishing Flow failed", details));
    if flow.status != Status::Draft {
        return no("The Flow is not in DRAFT");
    }
    let Some(json) = &flow.json else { return no("The Flow has no JSON") };
    let errors = findings(json);
    if !errors.is_empty() {
        return Err(unready(flow, "There are validation errors in the Flow JSON. Fix them and publish again"));
    }
    let parsed: Value = serde_json::from_slice(json).unwrap_or_default();
    let asks = parsed.get("data_api_version").is_some();
    if asks && flow.endpoint_uri.is_none() {
        return no("You need to set the endpoint URI before you publish a Flow that exchanges data");
    }
    if !world.meta.lines.values().any(|line| line.waba == flow.waba && line.usable()) {
        return no("You need to add a phone number to the WhatsApp Business account before you publish");
    }
    if asks && !encryption::has_key(&world.meta, &flow.waba) {
        return no("You need to set the public key of the endpoint for a phone number before you publish a Flow that exchanges data");
    }
    if !world.meta.hears_of(&flow.waba) {
        return no("The WhatsApp Business account is not subscribed to the flows webhook of an app");
    }
    Ok(())
}

/// It has validation errors; they are told with it.
pub(super) fn unready(flow: &Flow, details: &str) -> GraphRefusal {
    refused(139_002, "Publishing Flow failed", details).subcode(4_016_011).findings(flow.validation_errors.clone())
}
