//! `POST /{flow}/deprecate`, which is for ever, and `DELETE /{flow}`, which is for drafts.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Status, of_token, refused, told};
use crate::graph::{GraphRefusal, Meta, Request};
use crate::world::World;

/// Nobody gets it any more; who has it may still answer.
pub(crate) fn deprecate(world: &mut World, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let flow = of_token(&mut world.meta, request, id)?;
    if !matches!(flow.status, Status::Published | Status::Throttled | Status::Blocked) {
        let details = match flow.status {
            Status::Deprecated => "Flow has already been deprecated",
            _ => "Flow can't be deprecated because it is not published",
        };
        return Err(refused(139_003, "Flow can't be deprecated", details));
    }
    let before = std::mem::replace(&mut flow.status, Status::Deprecated);
    flow.updated_at = now;
    let change = told::status(flow, Some(before), now);
    told::send(world, change, now)?;
    Ok(json!({"success": true}))
}

/// It is gone, with what was published of it before it became a draft again.
pub(crate) fn remove(meta: &mut Meta, request: &Request, id: &str) -> Result<Value, GraphRefusal> {
    let flow = of_token(meta, request, id)?;
    if flow.status != Status::Draft {
        return Err(refused(139_004, "Flow can't be deleted", "You attempted to delete a Flow that is not in DRAFT"));
    }
    let name = (flow.waba.clone(), flow.name.clone());
    meta.flows.by_name.remove(&name);
    meta.flows.by_id.remove(id);
    Ok(json!({"success": true}))
}
