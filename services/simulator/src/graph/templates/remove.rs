//! `DELETE /{waba}/message_templates?name=`, with `hsm_id` for one language alone, or `hsm_ids=[…]`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::Status;
use crate::graph::{GraphRefusal, Meta, Request, request, token};

/// How long the name of an approved template cannot be used again.
const NAME_BLOCKED: TimeDelta = TimeDelta::days(30);
const IDS_MAX: usize = 100;

/// See the module.
pub(crate) fn remove(meta: &mut Meta, request: &Request, waba: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let waba = token::for_account(meta, request, waba)?;
    let ids = asked(request)?;
    let name = request.query("name");
    if name.is_none() && ids.is_none() {
        return Err(GraphRefusal::invalid("name is required"));
    }
    let of_account = meta.templates.of(Some(&waba)).filter(|template| name.is_none_or(|name| template.name == name));
    let found: Vec<_> = of_account.filter(|template| ids.as_ref().is_none_or(|ids| ids.contains(&template.id))).cloned().collect();
    if found.is_empty() || ids.as_ref().is_some_and(|ids| ids.len() != found.len()) {
        let text = "Message template was not found";
        return Err(GraphRefusal::new(400, 100, "Invalid parameter").subcode(2_593_002).user("Message Template Not Found", text));
    }
    if found.iter().any(|template| template.status == Status::Disabled) {
        let text = "A disabled template cannot be deleted";
        return Err(GraphRefusal::new(400, 100, "Invalid parameter").subcode(2_388_025).user("Template cannot be deleted", text));
    }
    for template in found {
        if matches!(template.status, Status::Approved | Status::Paused) {
            meta.templates.blocked.insert((waba.clone(), template.name.clone()), now + NAME_BLOCKED);
        }
        meta.templates.take(&template.id);
    }
    Ok(json!({"success": true}))
}

/// The ids that the call names, if it does.
fn asked(request: &Request) -> Result<Option<Vec<String>>, GraphRefusal> {
    if let Some(id) = request.query("hsm_id") {
        return Ok(Some(vec![id.to_owned()]));
    }
    let Some(text) = request.query("hsm_ids") else { return Ok(None) };
    let ids = request::list(&json!(text)).filter(|ids| (1..=IDS_MAX).contains(&ids.len()));
    let ids = ids.ok_or_else(|| GraphRefusal::invalid("hsm_ids must be a list of 1 to 100 ids"))?;
    Ok(Some(ids.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect()))
}
