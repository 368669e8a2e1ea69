//! The JSON of a Flow: uploaded in a form, listed, downloaded by a link.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Flow, Status, findings, of_token, refused, told};
use crate::Refused;
use crate::graph::{Answer, GraphRefusal, Meta, Request};
use crate::world::World;

/// Of a Flow JSON.
const JSON_BYTES_MAX: usize = 10 * 1024 * 1024;

/// `POST /{flow}/assets`. What is wrong with the JSON is told, and it is kept all the same.
pub(crate) fn upload(world: &mut World, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let immutable = world.rules.flows_immutable;
    let flow = of_token(&mut world.meta, request, id)?;
    changeable(flow, immutable)?;
    let parts = request.parts()?;
    let text = |name: &str| parts.iter().find(|part| part.name == name).map(|part| String::from_utf8_lossy(&part.bytes).into_owned());
    if text("asset_type").as_deref() != Some("FLOW_JSON") {
        return Err(GraphRefusal::invalid("asset_type must be FLOW_JSON"));
    }
    if text("name").as_deref() != Some("flow.json") {
        return Err(GraphRefusal::invalid("name must be flow.json"));
    }
    let file = parts.iter().find(|part| part.name == "file").ok_or_else(|| GraphRefusal::invalid("file is required"))?;
    if file.content_type.as_deref().is_none_or(|mime| !mime.starts_with("application/json")) {
        return Err(GraphRefusal::invalid("file must be application/json"));
    }
    if file.bytes.is_empty() || file.bytes.len() > JSON_BYTES_MAX {
        return Err(GraphRefusal::invalid("file must have 1 byte to 10 MB"));
    }
    let errors = findings(&file.bytes);
    // A copy: the form around it is not kept.
    put(world, id, Bytes::copy_from_slice(&file.bytes), errors.clone(), now)?;
    Ok(json!({"success": true, "validation_errors": errors}))
}

/// Whether Meta lets anybody change it, its JSON or what is written about it.
pub(super) fn changeable(flow: &Flow, immutable: bool) -> Result<(), GraphRefusal> {
    match flow.status {
        Status::Draft if immutable && flow.published.is_some() => Err(refused(139_001, "Flow can't be updated", "It was published")),
        Status::Draft => Ok(()),
        Status::Published if immutable => {
            Err(refused(139_001, "Flow can't be updated", "You attempted to update a Flow that's already been published"))
        }
        Status::Published => Ok(()),
        Status::Deprecated | Status::Throttled | Status::Blocked => {
            Err(refused(139_001, "Flow can't be updated", &format!("The Flow is {}", flow.status.as_str())))
        }
    }
}

/// The draft is another one; a published Flow is a draft again, and goes on being sent as it was.
fn put(world: &mut World, id: &str, json: Bytes, errors: Vec<Value>, now: DateTime<Utc>) -> Result<(), GraphRefusal> {
    let Some(flow) = world.meta.flows.by_id.get_mut(id) else { return Err(GraphRefusal::no_object(id)) };
    flow.json = Some(json);
    flow.validation_errors = errors;
    flow.updated_at = now;
    let before = std::mem::replace(&mut flow.status, Status::Draft);
    if before == Status::Draft {
        return Ok(());
    }
    let change = told::status(flow, Some(before), now);
    told::send(world, change, now)
}

/// Somebody changes the JSON in Meta's own editor, without us.
pub(crate) fn put_behind(world: &mut World, id: &str, json: Bytes, now: DateTime<Utc>) -> Result<Vec<Value>, Refused> {
    if world.meta.flows.get(id).is_none() {
        return Err(Refused::NoSuchFlow(id.to_owned()));
    }
    if json.is_empty() || json.len() > JSON_BYTES_MAX {
        return Err(Refused::TooLong { what: "flow json", limit: JSON_BYTES_MAX });
    }
    let errors = findings(&json);
    put(world, id, json, errors.clone(), now).map_err(|refusal| Refused::Invalid(refusal.message))?;
    Ok(errors)
}

/// `GET /{flow}/assets`
pub(crate) fn assets(meta: &mut Meta, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let flow = of_token(meta, request, id)?;
    if flow.json.is_none() {
        return Ok(json!({"data": []}));
    }
    let link = told::link(&meta.app_secret, &request.origin, id, now);
    let asset = json!({"name": "flow.json", "asset_type": "FLOW_JSON", "download_url": link});
    Ok(json!({"data": [asset], "paging": {"cursors": {"before": "QVFIU", "after": "QVFIU"}}}))
}

/// What the link of an asset gives; it is signed, and asks for no token.
pub(crate) fn download(meta: &Meta, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Answer, GraphRefusal> {
    let gone = || GraphRefusal::new(404, 100, "URL signature expired");
    if !told::link_holds(&meta.app_secret, id, request.query("ext"), request.query("hash"), now) {
        return Err(gone());
    }
    let json = meta.flows.get(id).and_then(|flow| flow.json.clone()).ok_or_else(gone)?;
    Ok(Answer::File { mime_type: "application/json".to_owned(), bytes: json })
}
