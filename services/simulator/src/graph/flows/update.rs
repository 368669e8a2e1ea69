//! `POST /{flow}`: name, categories, endpoint. The JSON is an asset. What is published is a draft again, by the one as by the other.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::assets::changeable;
use super::create::taken;
use super::{CATEGORIES, Flow, Status, of_token, told};
use crate::Refused;
use crate::graph::{GraphRefusal, Request, request};
use crate::world::World;

const NAME_CHARS_MAX: usize = 200;
const ENDPOINT_CHARS_MAX: usize = 2_000;

/// See the module.
pub(crate) fn update(world: &mut World, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let before = of_token(&mut world.meta, request, id)?.clone();
    let arguments = request.arguments()?;
    let mut after = before.clone();
    for (key, value) in &arguments {
        match key.as_str() {
            "name" => after.name = name(value)?,
            "categories" => after.categories = categories(value)?,
            "endpoint_uri" if value.as_str() == Some("") || value.is_null() => after.endpoint_uri = None,
            "endpoint_uri" => after.endpoint_uri = Some(endpoint(value)?),
            "application_id" | "access_token" => {}
            _ => return Err(GraphRefusal::invalid(&format!("unexpected key {key}"))),
        }
    }
    change(world, before, after, now)?;
    Ok(json!({"success": true}))
}

/// Somebody gives it another name in Meta's own pages, without us.
pub(crate) fn rename_behind(world: &mut World, id: &str, new: &str, now: DateTime<Utc>) -> Result<(), Refused> {
    let before = world.meta.flows.get(id).cloned().ok_or_else(|| Refused::NoSuchFlow(id.to_owned()))?;
    let renamed = name(&Value::from(new)).and_then(|name| {
        let after = Flow { name, ..before.clone() };
        change(world, before, after, now)
    });
    renamed.map_err(|refusal| Refused::Invalid(refusal.message))
}

/// A name is one Flow's of its account; a published Flow is a draft again, and goes on being sent as it was.
fn change(world: &mut World, before: Flow, after: Flow, now: DateTime<Utc>) -> Result<(), GraphRefusal> {
    changeable(&before, world.rules.flows_immutable)?;
    let flows = &mut world.meta.flows;
    if after.name != before.name {
        if flows.named(&before.waba, &after.name).is_some() {
            return Err(taken());
        }
        flows.by_name.remove(&(before.waba.clone(), before.name));
        flows.by_name.insert((before.waba, after.name.clone()), after.id.clone());
    }
    let after = Flow { status: Status::Draft, updated_at: now, ..after };
    let change = told::status(&after, Some(before.status), now);
    flows.by_id.insert(after.id.clone(), after);
    if before.status == Status::Draft { Ok(()) } else { told::send(world, change, now) }
}

pub(super) fn name(value: &Value) -> Result<String, GraphRefusal> {
    let name = value.as_str().map(str::trim).filter(|name| (1..=NAME_CHARS_MAX).contains(&name.chars().count()));
    name.map(str::to_owned).ok_or_else(|| GraphRefusal::invalid("name must have 1 to 200 characters"))
}

pub(super) fn categories(value: &Value) -> Result<Vec<String>, GraphRefusal> {
    let list = request::list(value).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| GraphRefusal::invalid("categories must be a list of at least one"))?;
    let known = |category: &Value| category.as_str().filter(|category| CATEGORIES.contains(category)).map(str::to_owned);
    let read: Option<Vec<String>> = list.iter().map(known).collect();
    read.ok_or_else(|| GraphRefusal::invalid(&format!("a category is one of {}", CATEGORIES.join(", "))))
}

pub(super) fn endpoint(value: &Value) -> Result<String, GraphRefusal> {
    let uri =
        value.as_str().filter(|uri| uri.len() <= ENDPOINT_CHARS_MAX && uri.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()));
    uri.map(str::to_owned).ok_or_else(|| GraphRefusal::invalid("endpoint_uri must be a URL that begins with https://"))
}
