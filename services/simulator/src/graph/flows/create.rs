//! `POST /{waba}/flows`: a draft, empty or with JSON, new or copied, published at once if it is asked for.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rand::RngExt;
use serde_json::{Value, json};
use whatsapp::WabaId;

use super::update::{categories, endpoint, name};
use super::{Flow, Status, publish, told};
use crate::graph::{GraphRefusal, Request, request, token};
use crate::world::World;

const FLOWS_MAX: usize = 10_000;
const ARGUMENTS: [&str; 9] =
    ["name", "categories", "clone_flow_id", "clone_template", "endpoint_uri", "flow_json", "publish", "application_id", "access_token"];

/// See the module.
pub(crate) fn create(world: &mut World, request: &Request, waba: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let waba = token::for_account(&world.meta, request, waba)?;
    let arguments = request.arguments()?;
    if let Some(unknown) = arguments.keys().find(|name| !ARGUMENTS.contains(&name.as_str())) {
        return Err(GraphRefusal::invalid(&format!("unexpected key {unknown}")));
    }
    let clone = arguments.get("clone_flow_id").filter(|id| !id.is_null());
    if clone.is_some() && arguments.contains_key("clone_template") {
        return Err(GraphRefusal::invalid("You can specify either clone_flow_id or clone_template, not both"));
    }
    let name = name(arguments.get("name").unwrap_or(&Value::Null))?;
    if world.meta.flows.named(&waba, &name).is_some() {
        return Err(taken());
    }
    if world.meta.flows.of(Some(&waba)).count() >= FLOWS_MAX {
        return Err(GraphRefusal::invalid("the account has too many Flows"));
    }
    let cloned = clone.map(|id| cloned(world, &waba, id)).transpose()?;
    let json = match arguments.get("flow_json").and_then(Value::as_str) {
        Some(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
        None => cloned.as_ref().and_then(|flow| flow.json.clone()),
    };
    let id = world.dice.random_range(100_000_000_000_000_u64..999_999_999_999_999).to_string();
    let flows = &mut world.meta.flows;
    flows.serial += 1;
    let mut flow = Flow {
        id: id.clone(),
        waba: waba.clone(),
        name: name.clone(),
        categories: categories(arguments.get("categories").unwrap_or(&Value::Null))?,
        status: Status::Draft,
        endpoint_uri: arguments.get("endpoint_uri").map(endpoint).transpose()?.or_else(|| cloned.and_then(|flow| flow.endpoint_uri)),
        updated_at: now,
        json,
        published: None,
        validation_errors: Vec::new(),
        preview: None,
        sent: Default::default(),
        serial: flows.serial,
    };
    flow.refresh();
    let wants = arguments.get("publish").is_some_and(request::flag);
    if wants && (arguments.get("flow_json").is_none() || !flow.validation_errors.is_empty()) {
        return Err(publish::unready(&flow, "publish needs a flow_json without validation errors"));
    }
    let mut answer = json!({"id": id, "success": true});
    if arguments.contains_key("flow_json") || !flow.validation_errors.is_empty() {
        answer["validation_errors"] = json!(flow.validation_errors);
    }
    let change = told::status(&flow, None, now);
    flows.by_name.insert((waba, name), id.clone());
    flows.by_id.insert(id.clone(), flow);
    told::send(world, change, now)?;
    if wants && let Err(refusal) = publish::publish_flow(world, &id, now) {
        remove(world, &id);
        return Err(refusal);
    }
    Ok(answer)
}

fn cloned(world: &World, waba: &WabaId, id: &Value) -> Result<Flow, GraphRefusal> {
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let flow = world.meta.flows.get(&id).filter(|flow| flow.waba == *waba);
    flow.cloned().ok_or_else(|| GraphRefusal::invalid("clone_flow_id is no Flow of this account"))
}

fn remove(world: &mut World, id: &str) {
    if let Some(flow) = world.meta.flows.by_id.remove(id) {
        world.meta.flows.by_name.remove(&(flow.waba, flow.name));
    }
}

/// The name is another Flow's.
pub(super) fn taken() -> GraphRefusal {
    let text = "You should choose a unique name for the Flow within the WhatsApp Business account";
    GraphRefusal::invalid(text).subcode(4_016_019).user("Flow name is not unique", text)
}
