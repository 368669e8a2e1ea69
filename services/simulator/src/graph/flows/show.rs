//! `GET /{flow}?fields=…`, with the preview's link, which `preview.invalidate(true)` makes anew.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use serde_json::{Map, Value, json};

use super::{Flow, Status, of_token};
use crate::graph::{GraphRefusal, Meta, Request};
use crate::world::World;

/// What Meta tells without a question.
pub(super) const DEFAULT_FIELDS: &str = "id,name,status,categories,validation_errors";
const PREVIEW_LIFE: TimeDelta = TimeDelta::days(30);

/// See the module.
pub(crate) fn show(world: &mut World, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let World { meta, dice, .. } = world;
    let flow = of_token(meta, request, id)?;
    let asked = request.query("fields").unwrap_or(DEFAULT_FIELDS).to_owned();
    let fields: Vec<&str> = asked.split(',').map(str::trim).filter(|field| !field.is_empty()).collect();
    if let Some(preview) = fields.iter().find(|field| field.starts_with("preview")) {
        let anew = *preview == "preview.invalidate(true)";
        if anew || flow.preview.as_ref().is_none_or(|(_, until)| *until <= now) {
            flow.preview = Some((format!("{:032x}", dice.random::<u128>()), now + PREVIEW_LIFE));
        }
    }
    let flow = flow.clone();
    let known = |field: &&str| FIELDS.contains(&field.split('.').next().unwrap_or_default());
    if let Some(unknown) = fields.iter().find(|field| !known(field)) {
        return Err(GraphRefusal::new(400, 100, &format!("(#100) Tried accessing nonexisting field ({unknown})")));
    }
    Ok(describe(meta, &flow, &fields, request, now))
}

const FIELDS: [&str; 13] = [
    "id",
    "name",
    "status",
    "categories",
    "validation_errors",
    "json_version",
    "data_api_version",
    "endpoint_uri",
    "preview",
    "whatsapp_business_account",
    "application",
    "updated_at",
    "health_status",
];

/// The fields; those with nothing to say are left out.
pub(super) fn describe(meta: &Meta, flow: &Flow, fields: &[&str], request: &Request, now: DateTime<Utc>) -> Value {
    let json: Value = flow.json.as_deref().and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default();
    let mut object = Map::from_iter([("id".to_owned(), json!(flow.id))]);
    for field in fields {
        let (name, value) = match field.split('.').next().unwrap_or_default() {
            "name" => ("name", json!(flow.name)),
            "status" => ("status", json!(flow.status.as_str())),
            "categories" => ("categories", json!(flow.categories)),
            "validation_errors" => ("validation_errors", json!(flow.validation_errors)),
            "json_version" => ("json_version", json["version"].clone()),
            "data_api_version" => ("data_api_version", json["data_api_version"].clone()),
            "endpoint_uri" => ("endpoint_uri", json!(flow.endpoint_uri)),
            "updated_at" => ("updated_at", json!(flow.updated_at.format("%Y-%m-%dT%H:%M:%S+0000").to_string())),
            "whatsapp_business_account" => ("whatsapp_business_account", json!({"id": flow.waba, "name": "Simulated account"})),
            "application" => ("application", json!({"id": meta.app_id, "name": "Paige", "link": "https://www.facebook.com/"})),
            "preview" => ("preview", preview(flow, request, now)),
            "health_status" => ("health_status", health(meta, flow)),
            _ => continue,
        };
        if !value.is_null() {
            object.insert(name.to_owned(), value);
        }
    }
    Value::Object(object)
}

fn preview(flow: &Flow, request: &Request, now: DateTime<Utc>) -> Value {
    let Some((token, until)) = flow.preview.as_ref().filter(|(_, until)| now < *until) else { return Value::Null };
    json!({
        "preview_url": format!("{}/sim/flows/{}/preview?token={token}", request.origin, flow.id),
        "expires_at": until.format("%Y-%m-%dT%H:%M:%S+0000").to_string(),
    })
}

fn health(meta: &Meta, flow: &Flow) -> Value {
    let of_flow = match flow.status {
        Status::Blocked => "BLOCKED",
        Status::Throttled => "LIMITED",
        Status::Draft if flow.published.is_none() => "BLOCKED",
        Status::Deprecated => "BLOCKED",
        Status::Draft | Status::Published => "AVAILABLE",
    };
    let mut entity = json!({"entity_type": "FLOW", "id": flow.id, "can_send_message": of_flow});
    if of_flow == "BLOCKED" {
        entity["errors"] = json!([{
            "error_code": 131_000, "error_description": format!("The Flow is {}", flow.status.as_str()),
            "possible_solution": "Publish the Flow",
        }]);
    }
    let account = json!({"entity_type": "WABA", "id": flow.waba, "can_send_message": "AVAILABLE"});
    let app = json!({"entity_type": "APP", "id": meta.app_id, "can_send_message": "AVAILABLE"});
    json!({"can_send_message": of_flow, "entities": [entity, account, app]})
}
